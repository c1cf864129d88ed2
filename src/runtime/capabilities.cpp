#include "runtime/capabilities.hpp"

#include <cstdint>
#include <string_view>

#include "linux/text.hpp"
#include "runtime/invalid.hpp"
#include "sandbox/compile/capability_names.hpp"

namespace containerlib::runtime {
namespace {

const std::vector<std::string>& defaults() {
  static const std::vector<std::string> names = {
      "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
      "CAP_KILL",    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",   "CAP_SETGID",
      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};
  return names;
}

bool has_all(const std::vector<std::string>& list) {
  for (const std::string& name : list)
    if (sys::upper(name) == "ALL") return true;
  return false;
}

/// The named ones of a list, without ALL.
std::uint64_t named(const std::vector<std::string>& list, const char* field) {
  std::uint64_t set = 0;
  for (const std::string& text : list) {
    std::string name = sys::upper(text);
    if (name == "ALL") continue;
    if (!name.starts_with("CAP_")) name.insert(0, "CAP_");
    const auto number = sandbox::capability_number(name);
    if (!number) invalid(field, "no such capability: " + printable(text));
    set |= std::uint64_t{1} << *number;
  }
  return set;
}

std::vector<std::string> to_names(std::uint64_t set) {
  std::vector<std::string> out;
  const auto& names = sandbox::capability_names();
  for (std::size_t n = 0; n < names.size(); ++n)
    if (set >> n & 1) out.push_back(names[n]);
  return out;
}

}  // namespace

std::vector<std::string> bounding_capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop,
                                               const sys::HostFacts& facts,
                                               bool own_user_namespace) {
  const std::uint64_t full = (std::uint64_t{2} << facts.last_capability) - 1;
  const std::uint64_t possible = own_user_namespace ? full : full & facts.capabilities;
  const std::uint64_t asked = named(add, "cap_add"), dropped = named(drop, "cap_drop");
  if (const std::uint64_t missing = asked & ~dropped & ~possible)
    throw_error(Errc::not_permitted, "add capability", to_names(missing).front(),
                "this process does not have it itself");
  std::uint64_t set = has_all(drop) ? 0 : sandbox::capability_mask(defaults());
  if (has_all(add)) set = full;
  return to_names((set | asked) & ~dropped & possible);
}

}  // namespace containerlib::runtime
