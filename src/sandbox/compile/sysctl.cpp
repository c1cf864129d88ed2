#include <algorithm>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {
namespace {

/// sysctl(8): the first separator says which of the two it is; the other is then part of a name.
std::string path_of(const std::string& key) {
  const std::size_t first = key.find_first_of("./");
  std::string out = key;
  if (first == key.npos || key[first] == '/') return out;
  for (char& c : out) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return out;
}

bool is_safe(const std::string& path) {
  const std::string framed = '/' + path + '/';
  return framed.find("//") == framed.npos && framed.find("/../") == framed.npos &&
         framed.find("/./") == framed.npos;
}

/// The kind of namespace that has it; nullptr: none has, or another field sets it.
const char* namespace_of(const std::string& path) {
  static constexpr const char* ipc[] = {"kernel/msgmax", "kernel/msgmnb",         "kernel/msgmni",
                                        "kernel/sem",    "kernel/shmall",         "kernel/shmmax",
                                        "kernel/shmmni", "kernel/shm_rmid_forced"};
  if (path.starts_with("fs/mqueue/") ||
      std::find(std::begin(ipc), std::end(ipc), path) != std::end(ipc))
    return "ipc";
  if (path.starts_with("net/")) return "network";
  if (path == "kernel/domainname") return "uts";
  if (path.starts_with("user/")) return "user";  // limits, which the kernel counts for each
  return nullptr;
}

}  // namespace

bool Compiler::has_sysctl_of(std::string_view type) const {
  return std::any_of(spec.sysctl.begin(), spec.sysctl.end(), [&](const auto& entry) {
    const char* kind = namespace_of(path_of(entry.first));
    return kind && type == kind;
  });
}

void Compiler::sysctls() {
  for (const auto& [key, value] : spec.sysctl) {
    const std::string path = path_of(key), field = "linux.sysctl[" + key + "]";
    const char* kind = namespace_of(path);
    if (path == "kernel/hostname")
      throw_error(Errc::invalid_option, "compile", field, "it is set by the field hostname");
    if ((!kind || !is_safe(path)) && !broken("SEC-17-key"))
      throw_error(Errc::invalid_option, "compile", field,
                  "it belongs to no namespace: it would be changed for the host");
    if (value.find_first_of(std::string_view("\n\0", 2)) != value.npos && !broken("SEC-17-value"))
      throw_error(Errc::invalid_option, "compile", field, "its value is more than one line");
    if (kind && !find_namespace(kind))
      throw_error(Errc::invalid_option, "compile", field,
                  std::string("without a ") + kind + " namespace it would be the host's");
    plan.inside.push_back({.op = Op::set_sysctl,
                           .set_sysctl = {host_proc(), plan.text("sys/" + path), plan.text(value),
                                          plan.text(field)}});
  }
}

}  // namespace containerlib::sandbox
