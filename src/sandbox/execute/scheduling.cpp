#include "sandbox/execute/scheduling.hpp"

#include <linux/ioprio.h>
#include <linux/sched/types.h>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {

int set_scheduler(const SetScheduler& s) {
  sched_attr attr{};
  attr.size = sizeof attr;
  attr.sched_policy = s.policy;
  attr.sched_flags = s.flags;
  attr.sched_nice = s.nice;
  attr.sched_priority = s.priority;
  attr.sched_runtime = s.runtime;
  attr.sched_deadline = s.deadline;
  attr.sched_period = s.period;
  return static_cast<int>(sys::raw(SYS_sched_setattr, 0, &attr, 0));
}

int set_io_priority(const SetIoPriority& s) {
  return static_cast<int>(sys::raw(SYS_ioprio_set, IOPRIO_WHO_PGRP, 0, s.value));
}

int set_affinity(const Launch& l, const SetAffinity& s) {
  const long r = sys::raw(SYS_sched_setaffinity, 0, s.cpus.size, l.plan.str(s.cpus));
  return r < 0 ? static_cast<int>(r) : 0;
}

int set_memory_policy(const Launch& l, const SetMemoryPolicy& s) {
  // The kernel takes one bit less than it is told of (set_mempolicy(2), "BUGS").
  const unsigned long bits = s.nodes.size ? s.nodes.size * 8ul + 1 : 0;
  const char* nodes = bits ? l.plan.str(s.nodes) : nullptr;
  return static_cast<int>(sys::raw(SYS_set_mempolicy, s.mode, nodes, bits));
}

}  // namespace containerlib::sandbox
