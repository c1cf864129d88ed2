#pragma once
#include <string>
#include <vector>

#include "oci/runtime_spec.hpp"
#include "oci/runtime_state.hpp"

namespace containerlib::bundle {

/// Runs hooks of one kind ("poststart", "poststop") one after another, in the bundle's directory,
/// with the state on their standard input. Throws for the first that fails; those after it are not
/// run.
void run_hooks(const std::vector<oci::Hook>&, const char* kind, const oci::RuntimeState&);

}  // namespace containerlib::bundle
