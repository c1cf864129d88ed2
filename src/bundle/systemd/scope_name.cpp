#include "bundle/systemd/scope_name.hpp"

#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::string_view slice_end = ".slice";

[[noreturn]] void refuse(const std::string& why) {
  throw_error(Errc::invalid_option, "use systemd unit", "linux.cgroupsPath", why);
}

/// systemd.unit(5): "-" in a slice's name leads down, "-.slice" is the root.
std::string slice_path(const std::string& slice) {
  if (!slice.ends_with(slice_end) || slice.find('/') != std::string::npos)
    refuse("\"" + printable(slice) + "\" is not the name of a slice");
  const std::string name = slice.substr(0, slice.size() - slice_end.size());
  if (name == "-") return "";
  std::string out, so_far;
  for (const std::string_view part : sys::split(name, '-')) {
    if (part.empty()) refuse("\"" + printable(slice) + "\" is not the name of a slice");
    so_far += (so_far.empty() ? "" : "-") + std::string(part);
    out += '/' + so_far + std::string(slice_end);
  }
  return out;
}

/// systemd.unit(5), "Unit names".
bool is_unit_name(const std::string& name) {
  return name.size() < 256 && name.find_first_not_of(
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789:-_.\\@") == std::string::npos;
}

}  // namespace

ScopeName scope_name(const std::string& cgroups_path, const std::string& id, bool user) {
  ScopeName out{user ? "user.slice" : "system.slice", ""};
  std::string prefix = "containerlib", name = id;
  if (!cgroups_path.empty()) {
    const std::vector<std::string_view> part = sys::split(cgroups_path, ':');
    if (part.size() != 3) refuse("for systemd it must be \"slice:prefix:name\"");
    if (!part[0].empty()) out.slice = part[0];
    prefix = part[1];
    if (!part[2].empty()) name = part[2];
  }
  if (name.ends_with(slice_end)) refuse("a container cannot be in a slice itself");
  out.unit = (prefix.empty() ? name : prefix + '-' + name) + ".scope";
  if (!is_unit_name(out.unit)) refuse("\"" + printable(out.unit) + "\" is not the name of a unit");
  return out;
}

std::string scope_path(const ScopeName& name) { return slice_path(name.slice) + '/' + name.unit; }

}  // namespace containerlib::bundle
