#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// Single questions to the kernel. None changes anything.
namespace containerlib::sys {

struct KernelVersion {
  int major_number = 0, minor_number = 0;
  auto operator<=>(const KernelVersion&) const = default;
};
/// The first two numbers of uname -r; zeros where there are none.
KernelVersion parse_kernel_version(std::string_view release);

/// A hexadecimal mask of /proc/PID/status ("CapEff"); 0 when it is not there.
std::uint64_t status_mask(std::string_view status, std::string_view name);

/// Empty: a process like this one can make a user namespace.
std::string why_no_user_namespaces(bool rootless);

bool has_idmapped_mounts();
/// Also true when the kernel can load it as a module for us.
bool has_overlay();
/// By the version: before 6.5 an overlay takes an option of any name without a word, and later ones
/// write what they cannot use to the kernel log.
bool has_overlay_lowerdir_append(KernelVersion);

}  // namespace containerlib::sys
