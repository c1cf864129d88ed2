#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/personality.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "sandbox/compile/bit_mask.hpp"
#include "sandbox/compile/process.hpp"

namespace containerlib::sandbox {
namespace {

struct Named {
  const char* name;
  std::uint32_t value;
};
constexpr Named policies[] = {{"SCHED_OTHER", SCHED_NORMAL}, {"SCHED_FIFO", SCHED_FIFO},
                              {"SCHED_RR", SCHED_RR},        {"SCHED_BATCH", SCHED_BATCH},
                              {"SCHED_IDLE", SCHED_IDLE},    {"SCHED_DEADLINE", SCHED_DEADLINE}};
constexpr Named scheduler_flags[] = {{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
                                     {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
                                     {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
                                     {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
                                     {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
                                     {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
                                     {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX}};
constexpr Named io_classes[] = {{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
                                {"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
                                {"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE}};
constexpr std::uint32_t mpol_weighted_interleave = 6;  // Linux 6.9
constexpr Named memory_modes[] = {{"MPOL_DEFAULT", MPOL_DEFAULT},
                                  {"MPOL_BIND", MPOL_BIND},
                                  {"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
                                  {"MPOL_WEIGHTED_INTERLEAVE", mpol_weighted_interleave},
                                  {"MPOL_PREFERRED", MPOL_PREFERRED},
                                  {"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
                                  {"MPOL_LOCAL", MPOL_LOCAL}};
constexpr Named memory_flags[] = {{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
                                  {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
                                  {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES}};

template <std::size_t N>
std::uint32_t value_of(const Named (&names)[N], const std::string& name, const char* field) {
  const auto* it = std::find_if(std::begin(names), std::end(names),
                                [&](const Named& n) { return n.name == name; });
  if (it == std::end(names))
    throw_error(Errc::unsupported, "compile", field, "Linux has no " + printable(name));
  return it->value;
}

[[noreturn]] void refuse(const char* field, const char* reason) {
  throw_error(Errc::invalid_option, "compile", field, reason);
}

void check(const oci::Scheduler& s, std::uint32_t policy) {
  const bool real_time = policy == SCHED_FIFO || policy == SCHED_RR;
  if (s.priority && !real_time)
    refuse("process.scheduler.priority", "only SCHED_FIFO and SCHED_RR have one");
  if (s.nice && policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE)
    refuse("process.scheduler.nice", "a real-time policy has none");
  if ((s.runtime || s.deadline || s.period) && policy != SCHED_DEADLINE)
    refuse("process.scheduler", "runtime, deadline and period belong to SCHED_DEADLINE");
}

void add_scheduler(LaunchPlan& plan, const oci::Scheduler& s) {
  const std::uint32_t policy = value_of(policies, s.policy, "process.scheduler.policy");
  check(s, policy);
  std::uint64_t flags = 0;
  for (const std::string& flag : s.flags)
    flags |= value_of(scheduler_flags, flag, "process.scheduler.flags");
  plan.inside.push_back({.op = Op::set_scheduler,
                         .set_scheduler = {policy, s.nice, static_cast<std::uint32_t>(s.priority),
                                           flags, s.runtime, s.deadline, s.period}});
}

}  // namespace

void add_scheduling(LaunchPlan& plan, const oci::Process& process) {
  if (process.scheduler) add_scheduler(plan, *process.scheduler);
  if (!process.io_priority) return;
  const std::uint32_t io_class =
      value_of(io_classes, process.io_priority->io_class, "process.ioPriority.class");
  const int value = static_cast<int>(IOPRIO_PRIO_VALUE(io_class, process.io_priority->priority));
  plan.inside.push_back({.op = Op::set_io_priority, .set_io_priority = {value}});
}

void add_affinity(LaunchPlan& plan, const std::string& list, const char* field) {
  if (list.empty()) return;
  plan.inside.push_back({.op = Op::set_affinity,
                         .set_affinity = {plan.text(bit_mask(list, field)), plan.text(field)}});
}

void add_memory_policy(LaunchPlan& plan, const oci::MemoryPolicy& policy) {
  std::uint32_t mode = value_of(memory_modes, policy.mode, "linux.memoryPolicy.mode");
  for (const std::string& flag : policy.flags)
    mode |= value_of(memory_flags, flag, "linux.memoryPolicy.flags");
  plan.inside.push_back(
      {.op = Op::set_memory_policy,
       .set_memory_policy = {static_cast<std::int32_t>(mode),
                             plan.text(bit_mask(policy.nodes, "linux.memoryPolicy.nodes"))}});
}

void add_personality(LaunchPlan& plan, const oci::Personality& personality) {
  constexpr Named domains[] = {{"LINUX", PER_LINUX}, {"LINUX32", PER_LINUX32}};
  if (!personality.flags.empty())
    refuse("linux.personality.flags", "the specification has none yet");
  const std::uint32_t persona = value_of(domains, personality.domain, "linux.personality.domain");
  plan.inside.push_back({.op = Op::set_personality, .set_personality = {persona}});
}

}  // namespace containerlib::sandbox
