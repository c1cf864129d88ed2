#include "linux/probe_kernel.hpp"

#include <unistd.h>
#include <containerlib/fd.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

/// The number in a file of /proc/sys, `otherwise` when there is none.
std::uint64_t setting(const char* path, std::uint64_t otherwise) {
  const std::string text = read_host_file(path).value_or("");
  const std::vector<std::string_view> line = lines(text);
  return line.empty() ? otherwise : parse_number(line[0]).value_or(otherwise);
}

}  // namespace

KernelVersion parse_kernel_version(std::string_view release) {
  KernelVersion version;
  const char* const end = release.data() + release.size();
  const auto [dot, error] = std::from_chars(release.data(), end, version.major_number);
  if (error == std::errc{} && dot != end && *dot == '.')
    std::from_chars(dot + 1, end, version.minor_number);
  return version;
}

std::uint64_t status_mask(std::string_view status, std::string_view name) {
  for (const std::string_view line : lines(status)) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    const std::vector<std::string_view> value = words(line.substr(name.size() + 1));
    std::uint64_t mask = 0;
    if (!value.empty())
      std::from_chars(value[0].data(), value[0].data() + value[0].size(), mask, 16);
    return mask;
  }
  return 0;
}

std::string why_no_user_namespaces(bool rootless) {
  if (::access("/proc/self/ns/user", F_OK) != 0) return "this kernel has no user namespaces";
  if (setting("/proc/sys/user/max_user_namespaces", 1) == 0) return "user.max_user_namespaces is 0";
  if (!rootless) return {};
  if (setting("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
    return "kernel.unprivileged_userns_clone is 0";
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) != 0)
    return "kernel.apparmor_restrict_unprivileged_userns is set";
  return {};
}

bool has_idmapped_mounts() {
  // MOUNT_ATTR_IDMAP came with the call itself (Linux 5.12), which refuses a size of 0 with EINVAL.
  return raw(SYS_mount_setattr, -1, "", 0, nullptr, 0) == -EINVAL;
}

bool has_overlay() {
  const std::string known = read_host_file("/proc/filesystems").value_or("");
  for (const std::string_view line : lines(known)) {
    const std::vector<std::string_view> name = words(line);
    if (!name.empty() && name.back() == "overlay") return true;
  }
  // An overlay that is neither configured nor mounted; closing it is all that it takes to be rid
  // of.
  return static_cast<bool>(Fd(static_cast<int>(std::max(fsopen("overlay"), -1L))));
}

bool has_overlay_lowerdir_append(KernelVersion version) { return version >= KernelVersion{6, 7}; }

}  // namespace containerlib::sys
