#pragma once
#include <sys/resource.h>

#include "sandbox/step.hpp"

// The only code that runs between clone and execve: raw system calls on the plan's bytes; nothing
// is allocated, nothing is thrown, no locale, no stdio.
namespace containerlib::sandbox {

/// What the new process tells its monitor when a step has failed; nothing when execve has worked.
struct Failure {
  std::uint32_t step = 0;  ///< index over before, after, inside
  std::int32_t errnum = 0;
};

/// The state of one launch, in the monitor and, from clone on, as a copy in the new process.
struct Launch {
  PlanView plan;
  int slots[slot_count];          ///< descriptors by slot; -1: none
  int status = -1;                ///< the process's end of its socket pair with the runner
  int process = -1;               ///< the runner's end
  const rlimit* files = nullptr;  ///< the host's limit of descriptors, unless it is our own
  unsigned preserved = 0;         ///< descriptors from 3 on that the program gets
  bool tied = true;               ///< the process ends with its runner
  int start = -1;                 ///< listening socket, for await_start
  int lock = -1;                  ///< the runner's, which the process shall not hold on to
  int groups[16];                 ///< `tasks` of the groups to enter when released
  int group_count = 0;
  int host_pid = 0;  ///< the process, as the runner sees it; once it was released

  explicit Launch(PlanView view) : plan(view) {
    for (int& slot : slots) slot = -1;
  }
};

/// Finds header, steps and texts in a plan of `size` bytes at an address that is a multiple of 8.
/// False when they do not fit, or a step refers to a text or slot that there is not. What the steps
/// do is trusted: a plan comes from the process that started the monitor, with its rights.
bool valid(const char* bytes, std::size_t size, PlanView&);

/// Executes the `inside` steps. Returns only by a failed step, with what it tells.
Failure execute_inside(Launch&);

}  // namespace containerlib::sandbox
