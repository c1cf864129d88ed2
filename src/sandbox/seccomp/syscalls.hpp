#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace containerlib::sandbox {

/// An architecture a filter can be compiled for, with its AUDIT_ARCH_* value.
enum class Architecture : std::uint32_t {
  x86_64 = 0xc000003e,
  aarch64 = 0xc00000b7,
};

/// The architecture this code is compiled for.
Architecture native_architecture();
/// By the name uname(2) and meson give it; nullopt: no filter can be made for it.
std::optional<Architecture> architecture(std::string_view name);

/// The number of a system call; absent_syscall when only other architectures have it; nullopt when
/// no architecture has one of this name.
std::optional<int> syscall_number(std::string_view name, Architecture);
inline constexpr int absent_syscall = -1;

/// The greatest number known here: that of file_setattr, Linux 6.17. From 424 on a call has the
/// same number on all architectures.
inline constexpr std::uint32_t newest_syscall = 469;

/// As syscall_number(), for calls that are younger than libseccomp; nullopt for all others.
std::optional<int> young_syscall(std::string_view name, bool x86_64);

}  // namespace containerlib::sandbox
