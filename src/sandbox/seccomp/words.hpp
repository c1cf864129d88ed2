#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci/seccomp.hpp"
#include "sandbox/seccomp/clause.hpp"

// The words of linux.seccomp. All throw invalid_option with the field as subject.
namespace containerlib::sandbox {

/// SECCOMP_RET_* of "SCMP_ACT_ERRNO"; the errno is EPERM when absent, and may be given only with
/// the actions that have one. `field`: "linux.seccomp.defaultAction".
std::uint32_t seccomp_answer(const std::string& action, std::optional<std::uint32_t> errno_ret,
                             const std::string& field);

ArgumentTest argument_test(const oci::SeccompArgument&);

}  // namespace containerlib::sandbox
