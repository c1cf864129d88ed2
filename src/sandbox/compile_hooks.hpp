#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::sandbox {

/// The steps that run hooks one after another, until one fails, for which it is all in `after`.
/// `kind`: "poststart", for messages. `state`: what they get as standard input.
LaunchPlan compile_hooks(const std::vector<oci::Hook>&, const char* kind, std::string_view state,
                         const std::string& dir);

}  // namespace containerlib::sandbox
