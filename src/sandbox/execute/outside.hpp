#pragma once
#include "sandbox/execute/execute.hpp"

// The steps that the monitor executes.
namespace containerlib::sandbox {

/// Executes the `before` steps. Failure::errnum is 0 when all have worked.
Failure execute_before(Launch&);
/// Executes the `after` steps for the new process `pid`. It waits for release() still.
Failure execute_after(Launch&, int pid);
/// Closes what the steps have left open in the runner.
void close_all(Launch&);
/// Ends one `await` of the new process `pid`; 0 or -errno.
int release(Launch&, int pid);

}  // namespace containerlib::sandbox
