#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on how the kernel schedules the process itself. All return 0 or -errno.
namespace containerlib::sandbox {

int set_scheduler(const SetScheduler&);
int set_io_priority(const SetIoPriority&);
int set_affinity(const Launch&, const SetAffinity&);
int set_memory_policy(const Launch&, const SetMemoryPolicy&);

}  // namespace containerlib::sandbox
