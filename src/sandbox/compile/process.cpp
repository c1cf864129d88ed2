#include "sandbox/compile/process.hpp"

#include "base/broken.hpp"

namespace containerlib::sandbox {
namespace {

std::string bytes_of(const std::vector<std::uint32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof numbers[0]};
}

}  // namespace

void compile_process(LaunchPlan& plan, const oci::Process& process, const oci::Seccomp& seccomp,
                     const Rights& rights) {
  auto& steps = plan.inside;
  steps.push_back({.op = Op::set_umask, .set_umask = {process.user.umask.value_or(022)}});
  steps.push_back({.op = Op::change_dir, .change_dir = {plan.text(process.cwd)}});
  // As late as may be: until it executes, this process has more descriptors than a small limit
  // allows. Raising a limit wants the capabilities that go next.
  steps.push_back(plain_step(Op::restore_limits));
  add_rlimits(plan, process, rights);
  add_oom_score(plan, process, rights);
  add_scheduling(plan, process);
  // Of what startContainer hooks execute it would be, were it written before.
  add_labels(plan, process, rights);

  const std::string_view program(reinterpret_cast<const char*>(seccomp.program.data()),
                                 seccomp.program.size());
  if (!seccomp.listener_path.empty())
    plan.before.push_back(
        {.op = Op::connect_listener, .connect_listener = {plan.text(seccomp.listener_path)}});
  const auto load_seccomp = [&] {
    if (!program.empty())
      steps.push_back(
          {.op = Op::load_seccomp,
           .load_seccomp = {plan.text(program), seccomp.flags, plan.text(seccomp.listener_state)}});
  };
  // seccomp(2): a filter needs no_new_privs or CAP_SYS_ADMIN. With the first it is the last step.
  // Landlock wants the same, and while the paths are opened that the user may not get to.
  if (process.no_new_privileges) steps.push_back(plain_step(Op::no_new_privileges));
  add_landlock(plan, process.landlock, rights);
  if (!process.no_new_privileges) load_seccomp();
  std::uint64_t bounding = 0;
  const SetCapabilities capabilities =
      grantable(process.capabilities, rights, bounding, plan.warnings);
  steps.push_back({.op = Op::drop_bounding, .drop_bounding = {bounding}});
  if (rights.may_set_groups && !broken("SEC-25"))
    steps.push_back({.op = Op::set_groups,
                     .set_groups = {plan.text(bytes_of(process.user.additional_gids)),
                                    rights.groups_may_be_denied}});
  steps.push_back({.op = Op::set_ids, .set_ids = {process.user.uid, process.user.gid}});
  steps.push_back({.op = Op::set_capabilities, .set_capabilities = capabilities});
  if (process.no_new_privileges) load_seccomp();
  steps.push_back(
      {.op = Op::execute, .execute = {plan.list(process.args), plan.list(process.env)}});
}

}  // namespace containerlib::sandbox
