#include "sandbox/compile.hpp"

#include <linux/sched.h>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/compiler.hpp"

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
  if (next_slot == slot_count)
    throw_error(Errc::invalid_option, "compile", "mounts", "too many mounts");
  return next_slot++;
}

Groups Compiler::groups() const { return {may_set_groups, facts.rootless || joins("user")}; }

void Compiler::become_root() {
  if (may_set_groups)
    plan.inside.push_back(
        {.op = Op::set_groups, .set_groups = {plan.text(""), groups().may_be_denied}});
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
  c.plan.inside.push_back(plain_step(Op::private_mounts));
  c.root(root);
  c.mounts();
  c.await_cgroups();
  c.paths();
  if (c.isolates("user")) c.plan.after.push_back(plain_step(Op::release));
  c.cgroups();
  c.create_hooks();
  if (spec.process.terminal)
    c.plan.inside.push_back(
        {.op = Op::terminal,
         .terminal = {spec.process.rows, spec.process.columns, spec.process.user.uid}});
  c.plan.inside.push_back(plain_step(Op::pivot));
  if (spec.root_readonly)
    c.plan.inside.push_back(
        {.op = Op::set_mount_flags, .set_mount_flags = {root_slot, sys::mount_rdonly}});
  c.plan.inside.push_back(
      {.op = Op::new_keyring, .new_keyring = {c.plan.text("_ses." + spec.id.substr(0, 12))}});
  if (c.bundle) c.await_start();
  c.start_hooks();
  compile_process(c.plan, spec.process, spec.seccomp, c.groups());
  return std::move(c.plan);
}

LaunchPlan compile_exec(const oci::Process& process, const oci::Seccomp& seccomp,
                        const sys::HostFacts& facts, const std::vector<std::string>& cgroups) {
  LaunchPlan plan;
  // The kernel joins those that differ from the caller's own (setns(2) with a pidfd).
  plan.header.join_flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                           CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (facts.time_namespaces) plan.header.join_flags |= CLONE_NEWTIME;
  for (const std::string& dir : cgroups)
    plan.after.push_back(
        {.op = Op::join_cgroup, .join_cgroup = {plan.text(dir + "/cgroup.procs")}});
  plan.inside.push_back(plain_step(Op::await));
  plan.inside.push_back({.op = Op::set_ids, .set_ids = {0, 0}});
  if (process.terminal)
    plan.inside.push_back(
        {.op = Op::terminal, .terminal = {process.rows, process.columns, process.user.uid}});
  plan.inside.push_back({.op = Op::new_keyring, .new_keyring = {plan.text("_ses.exec")}});
  const bool may_set_groups = !facts.rootless || facts.maps_ranges();
  compile_process(plan, process, seccomp, {may_set_groups, facts.rootless});
  return plan;
}

}  // namespace containerlib::sandbox
