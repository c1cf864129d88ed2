#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "sandbox/seccomp/block.hpp"
#include "sandbox/seccomp/syscalls.hpp"

namespace containerlib::sandbox {

/// One answer to a system call, given when its condition holds. Only the low 32 bits of an argument
/// are looked at: the kernel cuts the arguments tested here to 32 bits itself, so a test of all 64
/// could be avoided by setting a bit above.
struct SeccompClause {
  bool conditional = false;
  std::uint8_t argument = 0;  ///< the condition: (argument & mask) == value
  std::uint32_t mask = 0, value = 0;
  int errnum = 0;  ///< the answer; 0: allowed
  bool operator==(const SeccompClause&) const = default;
};

/// The answers to one system call, the first that holds counts; the last is unconditional.
using SeccompPolicy = std::vector<SeccompClause>;

/// A filter program: a binary search over the call's number. A number without a policy and a call
/// by another ABI (i386 and x32 on x86_64) are answered with ENOSYS.
///
/// The program is assembled here because libseccomp cannot say "otherwise": beside a default answer
/// of ENOSYS it has no way to give EPERM to all values of an argument but a few, and its
/// comparisons for inequality are of 64 bits. Throws unsupported when the program exceeds the
/// kernel's 4096 instructions.
std::vector<BpfInstruction> assemble_seccomp(const std::map<std::uint32_t, SeccompPolicy>&,
                                             Architecture);

}  // namespace containerlib::sandbox
