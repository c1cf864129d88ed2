#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/seccomp/bpf.hpp"

namespace containerlib::sandbox {

struct SyscallPolicy {
  std::string_view name;
  SeccompPolicy policy;
};

/// The default profile for a process with these capabilities ("CAP_SYS_ADMIN"). Each system call
/// appears once. What is not named is dangerous, of no use, or of a capability the process lacks,
/// and gets EPERM; what is younger than all of it ENOSYS (SeccompDefaults).
std::vector<SyscallPolicy> default_profile(const std::vector<std::string>& capabilities);

/// Those of `capabilities` that make a difference to default_profile(), sorted, each once.
std::vector<std::string> profile_capabilities(const std::vector<std::string>& capabilities);

}  // namespace containerlib::sandbox
