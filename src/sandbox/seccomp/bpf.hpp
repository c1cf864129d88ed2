#pragma once
#include <cerrno>
#include <cstdint>
#include <map>
#include <vector>

#include "sandbox/seccomp/block.hpp"
#include "sandbox/seccomp/syscalls.hpp"

namespace containerlib::sandbox {

// SECCOMP_RET_*
inline constexpr std::uint32_t seccomp_allow = 0x7fff0000, seccomp_notify = 0x7fc00000,
                               seccomp_kill_process = 0x80000000;
/// 0: allowed
constexpr std::uint32_t seccomp_errno(int errnum) {
  return errnum == 0 ? seccomp_allow : 0x00050000 | static_cast<std::uint32_t>(errnum);
}

/// One answer to a system call, given when its condition holds. Only the low 32 bits of an argument
/// are looked at: the kernel cuts the arguments tested here to 32 bits itself, so a test of all 64
/// could be avoided by setting a bit above.
struct SeccompClause {
  bool conditional = false;
  std::uint8_t argument = 0;  ///< the condition: (argument & mask) == value
  std::uint32_t mask = 0, value = 0;
  std::uint32_t answer = seccomp_allow;
  bool operator==(const SeccompClause&) const = default;
};

/// The answers to one system call, the first that holds counts; the last is unconditional.
using SeccompPolicy = std::vector<SeccompClause>;

/// The answers to calls that have no policy.
struct SeccompDefaults {
  std::uint32_t unlisted = seccomp_errno(EPERM);
  /// Greatest number that was known when the profile was written. Calls above it get ENOSYS: they
  /// are younger than the profile, and programs have another way for kernels that lack them.
  std::uint32_t newest = 0;
  std::uint32_t other_abi = seccomp_errno(ENOSYS);  ///< i386 on x86_64; x32 is above all numbers
  bool operator==(const SeccompDefaults&) const = default;
};

/// A filter program: a binary search over the call's number.
///
/// The program is assembled here because libseccomp cannot say "otherwise": beside a default answer
/// of ENOSYS it has no way to give EPERM to all values of an argument but a few, and its
/// comparisons for inequality are of 64 bits. Throws unsupported when the program exceeds the
/// kernel's 4096 instructions.
std::vector<BpfInstruction> assemble_seccomp(const std::map<std::uint32_t, SeccompPolicy>&,
                                             const SeccompDefaults&, Architecture);

}  // namespace containerlib::sandbox
