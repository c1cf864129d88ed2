#pragma once
#include <containerlib/fd.hpp>

#include "monitor/running.hpp"

// How the monitor makes a process: launch.cpp for containers, join.cpp for exec.
namespace containerlib::monitor {

/// Index for a failure that belongs to no step of a plan.
inline constexpr std::uint32_t no_step = ~0u;

/// What a new process gets besides its plan.
struct Streams {
  int child[3] = {-1, -1, -1};  ///< what becomes 0, 1, 2
  Fd made[3];                   ///< those of them that were made for it
  int join = -1;                ///< exec: pidfd of the container's process 1
};

/// fork, into the namespaces of `flags` and into a v2 group (a descriptor; -1: the monitor's own).
/// `tell`: memory that gets the new process's id before it runs, shared with other processes
/// perhaps. 0 in the new process; -errno.
long clone_process(std::uint64_t flags, int cgroup, volatile pid_t* tell = nullptr);

/// In the new process: what every process gets before its steps, and those. `root`: of slot 0.
[[noreturn]] void begin(sandbox::Launch&, const Streams&, int root);
/// In the new process: failing before the first step.
[[noreturn]] void fail_start(const sandbox::Launch&, int errnum);

/// What the process says it has failed at, if it says so; else `ours`, which may have failed for
/// want of the process.
sandbox::Failure said_failure(int socket, const sandbox::Failure& ours);

/// The process id, or -errno; then `failure` says which step, if it was one.
long start_joining(sandbox::Launch&, const Streams&, sandbox::Failure& failure);

}  // namespace containerlib::monitor
