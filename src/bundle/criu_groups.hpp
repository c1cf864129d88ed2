#pragma once
#include <sys/types.h>

#include "criu/options.hpp"
#include "linux/cgroup.hpp"
#include "sandbox/plan.hpp"

// A restored process comes into the groups that criu is in when it makes it.
namespace containerlib::bundle {

/// The steps of a plan that make the container's groups (and resctrl's) and put a process in them.
sandbox::LaunchPlan groups_only(sandbox::LaunchPlan);
/// Executes them for this process.
void put_in_groups(const sandbox::LaunchPlan&, pid_t);
/// Tells criu that the groups of the checkpoint are to be those that this process is in now.
void add_group_roots(criu::Request&, pid_t);

}  // namespace containerlib::bundle
