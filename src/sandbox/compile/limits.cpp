#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "sandbox/compile/process.hpp"

namespace containerlib::sandbox {
namespace {

struct RlimitName {
  const char* name;
  int number;
};
constexpr RlimitName rlimit_names[] = {{"RLIMIT_AS", RLIMIT_AS},
                                       {"RLIMIT_CORE", RLIMIT_CORE},
                                       {"RLIMIT_CPU", RLIMIT_CPU},
                                       {"RLIMIT_DATA", RLIMIT_DATA},
                                       {"RLIMIT_FSIZE", RLIMIT_FSIZE},
                                       {"RLIMIT_LOCKS", RLIMIT_LOCKS},
                                       {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
                                       {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
                                       {"RLIMIT_NICE", RLIMIT_NICE},
                                       {"RLIMIT_NOFILE", RLIMIT_NOFILE},
                                       {"RLIMIT_NPROC", RLIMIT_NPROC},
                                       {"RLIMIT_RSS", RLIMIT_RSS},
                                       {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
                                       {"RLIMIT_RTTIME", RLIMIT_RTTIME},
                                       {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
                                       {"RLIMIT_STACK", RLIMIT_STACK}};

constexpr int cap_sys_resource = 24;

int rlimit_number(const std::string& name) {
  auto it = std::find_if(std::begin(rlimit_names), std::end(rlimit_names),
                         [&](const RlimitName& r) { return name == r.name; });
  if (it == std::end(rlimit_names))
    throw_error(Errc::invalid_option, "compile", "rlimit " + name, "unknown resource");
  return it->number;
}

std::string shown(std::uint64_t limit) {
  return limit == ~std::uint64_t{0} ? "unlimited" : fmt::format("{}", limit);
}

/// The limit as it can be had: without CAP_SYS_RESOURCE none is raised above the hard one.
SetRlimit possible(LaunchPlan& plan, const oci::Rlimit& limit, const Rights& rights) {
  SetRlimit out{rlimit_number(limit.type), limit.soft, limit.hard};
  const std::uint64_t most = rights.facts.hard_limits[static_cast<std::size_t>(out.resource)];
  if (out.hard <= most || rights.may_exceed_limits()) return out;
  plan.warnings.push_back(
      fmt::format("process.rlimits: {} is {} instead of {}: raising it needs CAP_SYS_RESOURCE",
                  limit.type, shown(most), shown(limit.hard)));
  out.hard = most;
  out.soft = std::min(out.soft, most);
  return out;
}

}  // namespace

bool Rights::may_exceed_limits() const {
  return facts.initial_user_namespace && !facts.rootless &&
         (facts.capabilities >> cap_sys_resource & 1);
}

void add_rlimits(LaunchPlan& plan, const oci::Process& process, const Rights& rights) {
  for (const oci::Rlimit& limit : process.rlimits) {
    const SetRlimit step = possible(plan, limit, rights);
    // In another user namespace only the runner can still raise one.
    if (rights.other_user_namespace &&
        step.hard > rights.facts.hard_limits[static_cast<std::size_t>(step.resource)])
      plan.after.push_back({.op = Op::raise_rlimit, .set_rlimit = step});
    plan.inside.push_back({.op = Op::set_rlimit, .set_rlimit = step});
  }
}

void add_oom_score(LaunchPlan& plan, const oci::Process& process, const Rights& rights) {
  if (!process.oom_score_adj) return;
  if (!rights.may_set_oom_score) {
    plan.warnings.push_back("process.oomScoreAdj is left as it is: changing it needs root");
    return;
  }
  int value = *process.oom_score_adj;
  const int own = rights.facts.oom_score_adj;
  // Engines of an ordinary user ask for what only root has; being killed sooner is no danger.
  const bool ordinary = rights.facts.rootless || !rights.facts.initial_user_namespace;
  if (ordinary && value < own) {
    plan.warnings.push_back(fmt::format(
        "process.oomScoreAdj is {} instead of {}: lowering it needs CAP_SYS_RESOURCE", own, value));
    value = own;
  }
  plan.after.push_back({.op = Op::oom_score, .oom_score = {value}});
}

}  // namespace containerlib::sandbox
