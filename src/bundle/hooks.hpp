#pragma once
#include <functional>
#include <string>
#include <vector>

#include "oci/runtime_spec.hpp"
#include "oci/runtime_state.hpp"

// The hooks that run while no plan is executed. In the bundle's directory, with the state on their
// standard input.
namespace containerlib::bundle {

/// Runs hooks of one kind ("poststart") one after another. Throws for the first that fails; those
/// after it are not run.
void run_hooks(const std::vector<oci::Hook>&, const std::string& kind, const oci::RuntimeState&);
/// Runs them all; `warn` is told of those that fail.
void run_all_hooks(const std::vector<oci::Hook>&, const std::string& kind, const oci::RuntimeState&,
                   const std::function<void(const std::string&)>& warn);

}  // namespace containerlib::bundle
