#include "sandbox/compile.hpp"

#include <linux/sched.h>

#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {
namespace {

/// The id as the monitor sees it; itself where nothing is mapped.
std::uint32_t outside(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  for (const oci::IdMapping& m : mappings)
    if (id >= m.container_id && id - m.container_id < m.size)
      return m.host_id + (id - m.container_id);
  return id;
}

}  // namespace

Slot Compiler::new_slot() {
  if (next_slot == landlock_slot)
    throw_error(Errc::invalid_option, "compile", "mounts", "too many mounts");
  return next_slot++;
}

Slot Compiler::host_proc() {
  if (proc == root_slot) {
    proc = new_slot();
    plan.before.push_back({.op = Op::open_proc, .open_proc = {proc}});
  }
  return proc;
}

Rights Compiler::rights() {
  return {.facts = facts,
          .other_user_namespace = find_namespace("user") != nullptr,
          .may_set_groups = may_set_groups,
          .groups_may_be_denied = facts.rootless || joins("user"),
          .proc = has_label(spec.process) ? host_proc() : root_slot};
}

void Compiler::become_root() {
  if (may_set_groups)
    plan.inside.push_back(
        {.op = Op::set_groups, .set_groups = {plan.text(""), rights().groups_may_be_denied}});
  plan.inside.push_back({.op = Op::set_ids, .set_ids = {0, 0}});
}

void Compiler::await_start() {
  // What would fail after the start is better told before.
  plan.inside.push_back({.op = Op::find_program,
                         .execute = {plan.list(spec.process.args), plan.list(spec.process.env)}});
  plan.inside.push_back(plain_step(Op::await_start));
}

LaunchPlan compile(const oci::RuntimeSpec& spec, const Root& root, const sys::HostFacts& facts) {
  Compiler c{spec, facts, std::get_if<BundleRoot>(&root)};
  c.choose_mappings();
  c.namespaces();
  c.plan.header.stream_uid = outside(c.uid_mappings, spec.process.user.uid);
  c.plan.header.stream_gid = outside(c.gid_mappings, spec.process.user.gid);
  // Up to here nothing needs the id maps, so the monitor works at the same time.
  if (c.isolates("user")) c.plan.inside.push_back(plain_step(Op::await));
  if (c.find_namespace("user")) c.become_root();
  c.sysctls();
  const std::size_t own_mounts = c.plan.inside.size();
  c.plan.inside.push_back(plain_step(Op::private_mounts));
  c.root(root);
  c.mounts();
  c.open_trees(own_mounts);
  c.devices();
  c.await_cgroups();
  c.paths();
  if (c.isolates("user")) c.plan.after.push_back(plain_step(Op::release));
  c.cgroups();
  c.rdt();
  c.netdevices();
  c.create_hooks();
  if (spec.process.terminal)
    c.plan.inside.push_back(
        {.op = Op::terminal,
         .terminal = {spec.process.rows, spec.process.columns, spec.process.user.uid}});
  c.enter_root();
  if (!c.bundle || !c.bundle->no_new_keyring)
    c.plan.inside.push_back(
        {.op = Op::new_keyring, .new_keyring = {c.plan.text("_ses." + spec.id.substr(0, 12))}});
  if (c.bundle) c.await_start();
  c.start_hooks();
  if (spec.memory_policy) add_memory_policy(c.plan, *spec.memory_policy);
  if (spec.personality) add_personality(c.plan, *spec.personality);
  compile_process(c.plan, spec.process, spec.seccomp, c.rights());
  return std::move(c.plan);
}

LaunchPlan compile_exec(const oci::Process& process, const oci::Seccomp& seccomp,
                        const sys::HostFacts& facts, const sys::CgroupDirs& cgroups,
                        bool other_user_namespace) {
  constexpr Slot proc = root_slot + 1;
  LaunchPlan plan;
  // Those that differ from the runner's own.
  plan.header.join_flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                           CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (facts.time_namespaces) plan.header.join_flags |= CLONE_NEWTIME;
  if (has_label(process)) plan.before.push_back({.op = Op::open_proc, .open_proc = {proc}});
  if (!cgroups.unified.empty())
    plan.after.push_back(
        {.op = Op::join_cgroup, .join_cgroup = {plan.text(cgroups.unified + "/cgroup.procs")}});
  for (const auto& [controller, dir] : cgroups.v1)
    plan.after.push_back({.op = Op::enter_cgroup, .enter_cgroup = {plan.text(dir + "/tasks")}});
  const oci::CpuAffinity affinity = process.exec_cpu_affinity.value_or(oci::CpuAffinity{});
  add_affinity(plan, affinity.initial, "process.execCPUAffinity.initial");
  plan.inside.push_back(plain_step(Op::await));
  add_affinity(plan, affinity.final, "process.execCPUAffinity.final");
  plan.inside.push_back({.op = Op::set_ids, .set_ids = {0, 0}});
  if (process.terminal)
    plan.inside.push_back(
        {.op = Op::terminal, .terminal = {process.rows, process.columns, process.user.uid}});
  plan.inside.push_back({.op = Op::new_keyring, .new_keyring = {plan.text("_ses.exec")}});
  compile_process(plan, process, seccomp,
                  {.facts = facts,
                   .other_user_namespace = other_user_namespace,
                   .may_set_groups = !facts.rootless || facts.maps_ranges(),
                   .groups_may_be_denied = facts.rootless,
                   .may_set_oom_score = !facts.rootless,
                   .proc = proc});
  return plan;
}

}  // namespace containerlib::sandbox
