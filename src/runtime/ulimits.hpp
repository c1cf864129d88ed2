#pragma once
#include <containerlib/options.hpp>

#include <vector>

#include "oci/runtime_spec.hpp"

namespace containerlib::runtime {

/// As they are. Throws invalid_option("ulimits") for a name the kernel does not have and a soft
/// limit above the hard one.
std::vector<Ulimit> checked_ulimits(const std::vector<Ulimit>&);

/// In the terms of the runtime spec, the last of a name. Without one of "core" there are no core
/// dumps: they go to the host's core_pattern, with the container's memory.
std::vector<oci::Rlimit> to_rlimits(const std::vector<Ulimit>&);

}  // namespace containerlib::runtime
