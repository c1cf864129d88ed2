#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "oci/seccomp.hpp"
#include "sandbox/seccomp/syscalls.hpp"

// linux.seccomp of the OCI runtime configuration as a filter program. The meaning of a profile is
// the one it has with runc and libseccomp:
// * rules for one call: an unconditional one wins over all others, the first such; of conditional
//   ones that hold at the same time, the strictest action, as with several filters (seccomp(2));
// * a rule that tests one argument several times holds when any of its tests does, else all must;
// * a rule that answers what the default action answers is without effect;
// * a call by an ABI that is not among the architectures kills the thread;
// * when the default is the errno EPERM, calls with a number above all that the profile names get
//   ENOSYS: they are younger than the profile, and programs use their fallback for old kernels.
//
// Assembled here and not by libseccomp, which takes 20 ms where this takes 1, and does not know the
// numbers of all names.
namespace containerlib::sandbox {

struct SeccompProgram {
  std::vector<std::uint8_t> bytes;   ///< struct sock_filter, native byte order
  std::vector<std::string> unknown;  ///< calls no architecture has: skipped
};

/// Throws invalid_option (the field) for words the specification does not have, and unsupported
/// for a program above the kernel's limit.
SeccompProgram compile_seccomp_program(const oci::SeccompProfile&,
                                       Architecture = native_architecture());

}  // namespace containerlib::sandbox
