#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <functional>

#include "sandbox/plan.hpp"

namespace containerlib::bundle {

/// What a plan is executed with.
struct LaunchInput {
  const sandbox::LaunchPlan* plan = nullptr;
  int streams[3] = {0, 1, 2};
  int start = -1;          ///< listening socket of a container to be started later
  int lock = -1;           ///< flock(2) goes with all copies: the new process closes its own
  int join = -1;           ///< exec: pidfd of the container's process
  unsigned preserved = 0;  ///< descriptors from 3 on that the program gets
  bool tied = false;       ///< it is killed when this process ends
  /// The process exists; it ends by itself when this process does before `release`.
  std::function<void(pid_t)> on_spawned = [](pid_t) {};
};

struct Launched {
  pid_t pid = 0;
  Fd terminal;  ///< the master, when the plan has one
};

/// What the executor works on, of LaunchPlan::bytes(), which have to stay. Throws invalid_option
/// for a plan that is too long.
sandbox::PlanView view_of(const std::string& bytes);

/// Executes a plan in this process, which must have one thread only. Returns when the new process
/// waits for its start, or (exec) executes its program. The process is a child of this one. Throws
/// what a failed step is to be called (name_of), with its errno: command_not_found and
/// not_executable for the program; then the process is gone. What the steps have made outside of
/// it, the caller removes.
Launched launch(const LaunchInput&);

/// Waits for what a process that was let go on by connect_to_start() has to say: returns when it
/// executes its program, throws as launch() when it cannot; `plan` is asked for only then.
void await_execution(int socket, const std::function<sandbox::LaunchPlan()>& plan);

}  // namespace containerlib::bundle
