#include "criu/groups.hpp"

#include "linux/text.hpp"

namespace containerlib::criu {
namespace {

sandbox::Step join_step(sandbox::LaunchPlan& plan, const sandbox::EnterCgroup& enter) {
  const std::string tasks(plan.view(enter.tasks));
  const std::string group = tasks.substr(0, tasks.rfind('/'));
  return {.op = sandbox::Op::join_cgroup, .join_cgroup = {plan.text(group + "/cgroup.procs")}};
}

}  // namespace

bool is_about_groups(const sandbox::Step& step) {
  using sandbox::Op;
  switch (step.op) {
    case Op::make_cgroup:
    case Op::enable_controllers:
    case Op::init_cpuset:
    case Op::write_file:
    case Op::filter_devices:
    case Op::give_cgroup:
    case Op::join_cgroup:
    case Op::make_rdt_group:
    case Op::make_monitor_group: return true;
    default: return false;
  }
}

void join_from_outside(sandbox::LaunchPlan& plan) {
  for (sandbox::Step& step : plan.after)
    if (step.op == sandbox::Op::enter_cgroup) step = join_step(plan, step.enter_cgroup);
}

sandbox::LaunchPlan groups_only(sandbox::LaunchPlan plan) {
  join_from_outside(plan);
  std::erase_if(plan.before, [](const auto& step) { return !is_about_groups(step); });
  std::erase_if(plan.after, [](const auto& step) { return !is_about_groups(step); });
  plan.inside.clear();
  // Its own process would be born in the v2 group.
  if (const std::string group(plan.view(plan.header.cgroup)); !group.empty())
    plan.after.push_back(
        {.op = sandbox::Op::join_cgroup, .join_cgroup = {plan.text(group + "/cgroup.procs")}});
  return plan;
}

void add_group_roots(Request& request, pid_t pid) {
  const std::string table =
      sys::read_host_file("/proc/" + std::to_string(pid) + "/cgroup").value_or("");
  for (const std::string_view line : sys::lines(table)) {
    // "4:cpu,cpuacct:/path"; without controllers: v2, which criu has no name for.
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view path = line.substr(second + 1);
    for (const std::string_view controller :
         sys::split(line.substr(first + 1, second - first - 1), ',')) {
      Message root;
      if (!controller.empty()) root.text(1, controller);
      root.text(2, path);
      request.options.message(criu_cg_root, root);
    }
  }
}

}  // namespace containerlib::criu
