#pragma once
#include <string>

#include "sandbox/seccomp/oci.hpp"

namespace containerlib::sandbox {

/// compile_seccomp_program(), of whose results the last few are kept as files in `directory`, which
/// is made. What is there is used only if nobody else can have written it: directory and file are
/// ours and not writable by others. It is a cache: when something is wrong with it, or its path is
/// empty, the profile is compiled. Any number of processes at the same time.
SeccompProgram cached_seccomp_program(const std::string& directory, const oci::SeccompProfile&,
                                      Architecture = native_architecture());

}  // namespace containerlib::sandbox
