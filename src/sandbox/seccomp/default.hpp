#pragma once
#include <cstdint>
#include <span>

namespace containerlib::sandbox {

/// The filter of the default profile for the default capabilities (of which CAP_SYS_CHROOT counts),
/// compiled when the library was built. Its definition is written by seccomp_generate.
std::span<const std::uint8_t> default_seccomp_program() noexcept;

}  // namespace containerlib::sandbox
