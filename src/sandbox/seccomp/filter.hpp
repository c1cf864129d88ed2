#pragma once
#include <string>
#include <vector>

#include "oci/runtime_state.hpp"
#include "oci/seccomp.hpp"

namespace containerlib::sandbox {

/// linux.seccomp ready to be loaded on this machine. `cache`: directory of
/// cached_seccomp_program(). `state`: what an agent is told about the container; pid 0: that of the
/// process. `unknown` gets the names of calls that no architecture has, which are skipped. Throws
/// invalid_option (the field) and unsupported (linux.seccomp.flags: a flag this kernel lacks).
oci::Seccomp load_profile(const oci::SeccompProfile&, const std::string& cache,
                          const oci::RuntimeState& state, std::vector<std::string>& unknown);

/// What is sent with a listener: JSON, with a NUL where the id of the process belongs.
std::string listener_state(const oci::RuntimeState&, const std::string& metadata);

}  // namespace containerlib::sandbox
