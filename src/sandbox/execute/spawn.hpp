#pragma once
#include <sys/types.h>

#include "sandbox/execute/execute.hpp"

// How a runner makes the process of a plan. Part of the executor: nothing here throws.
namespace containerlib::sandbox {

/// Index for a failure that belongs to no step of a plan.
inline constexpr std::uint32_t no_step = ~0u;

/// What a new process gets besides its plan.
struct Streams {
  int child[3] = {-1, -1, -1};  ///< what becomes 0, 1, 2
  int join = -1;                ///< exec: pidfd of the container's process 1
  int passed = -1;              ///< becomes 3 (see Launch::preserved); -1: none
};

/// fork without the runner's signal handlers, into the namespaces of `flags` and into a v2 group (a
/// descriptor; -1: the runner's own). `tell`: memory that gets the new process's id before it runs,
/// shared with other processes perhaps. 0 in the new process; -errno.
long clone_process(std::uint64_t flags, int cgroup, volatile pid_t* tell = nullptr);

/// Makes the process of the plan, which executes the `inside` steps: a new container's, or (exec)
/// one in the namespaces of `streams.join`. Closes nothing of the runner's. The process id, or
/// -errno; then `failure` says which step of the process it was, if it was one.
long spawn(Launch&, const Streams&, Failure& failure);

/// In the new process: what every process gets before its steps, and those. `root`: of slot 0.
[[noreturn]] void begin(Launch&, const Streams&, int root);
/// In the new process: failing before the first step.
[[noreturn]] void fail_start(const Launch&, int errnum);

// join.cpp
/// Makes it by a process between, which joins the namespaces of the plan and makes the one that
/// lives in them as a child of the runner: a pid namespace is joined by children only (setns(2)).
long spawn_joined(Launch&, const Streams&, int cgroup, Failure& failure);

}  // namespace containerlib::sandbox
