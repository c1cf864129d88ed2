#pragma once
#include <cstdint>

#include "sandbox/plan.hpp"

namespace containerlib::sandbox {

/// Throws the Error for a failed step: command_not_found or not_executable for the program, else
/// the step's errno with what it does (name_of) and a hint where the errno needs one.
[[noreturn]] void throw_failure(const LaunchPlan&, std::uint32_t step, int errnum);

}  // namespace containerlib::sandbox
