#pragma once
#include <string>
#include <string_view>

#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::sandbox {

/// A plan without a process: one step of `after` runs the hook. `field`: "hooks.poststart[0]", for
/// messages. `state`: what it gets as standard input.
LaunchPlan compile_hook(const oci::Hook&, const std::string& field, std::string_view state,
                        const std::string& dir);

}  // namespace containerlib::sandbox
