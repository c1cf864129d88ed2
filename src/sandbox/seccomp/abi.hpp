#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/seccomp/syscalls.hpp"

// The ways of calling the kernel that one machine has: beside its own those of older programs.
namespace containerlib::sandbox {

struct Abi {
  std::string_view name;     ///< "SCMP_ARCH_X86"
  std::uint32_t audit_arch;  ///< AUDIT_ARCH_*, as seccomp_data has it
  std::uint32_t token;       ///< libseccomp's
  std::uint32_t number_bit;  ///< set in all numbers: x32 shares its AUDIT_ARCH_* with x86_64
  std::uint32_t number_end;  ///< numbers from here on are another ABI's; 0: none are
  bool wide;                 ///< arguments have 64 bits
};

/// The own one first.
std::span<const Abi> machine_abis(Architecture);

/// A number that a call may be made by. i386 has one call for all of sockets and one for all of
/// System V's IPC, whose first argument says which is meant; since Linux 4.3 most have their own
/// number besides.
struct CallNumber {
  std::uint32_t number;
  std::optional<std::uint32_t> selector = std::nullopt;
};

/// Empty: this ABI lacks the call. nullopt: no architecture has one of this name.
std::optional<std::vector<CallNumber>> call_numbers(const std::string& name, const Abi&);

}  // namespace containerlib::sandbox
