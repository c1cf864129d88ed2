#pragma once
#include <sys/types.h>

#include "criu/options.hpp"
#include "sandbox/plan.hpp"

// A restored process comes into the groups that criu is in when it makes it.
namespace containerlib::criu {

/// Whether a step makes the container's groups (and resctrl's) or puts its process in them.
bool is_about_groups(const sandbox::Step&);
/// Has the runner put the process where it would go by itself when it is released.
void join_from_outside(sandbox::LaunchPlan&);
/// These steps of a plan, for a process that is there already.
sandbox::LaunchPlan groups_only(sandbox::LaunchPlan);
/// Tells criu that the groups of the checkpoint are to be those that this process is in now.
void add_group_roots(Request&, pid_t);

}  // namespace containerlib::criu
