#pragma once
#include "sandbox/execute.hpp"

// The steps that the monitor executes.
namespace containerlib::sandbox {

/// Index for failures that belong to no step: making the process itself.
inline std::uint32_t no_step(const PlanView& plan) {
  return plan.header->before + plan.header->after + plan.header->inside;
}

/// Executes the `before` steps. Failure::errnum is 0 when all have worked.
Failure execute_before(Launch&);
/// Executes the `after` steps for the new process `pid`. It waits for release() still.
Failure execute_after(Launch&, int pid);
/// Ends one `await` of the new process; 0 or -errno.
int release(const Launch&);

}  // namespace containerlib::sandbox
