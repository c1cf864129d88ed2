#include "sandbox/compile.hpp"

#include <fmt/format.h>
#include <linux/sched.h>

#include "base/error.hpp"
#include "sandbox/compiler.hpp"
#include "sandbox/id_maps.hpp"

namespace containerlib::sandbox {
namespace {

struct NamespaceKind {
  const char* type;
  std::uint64_t flag;
};
constexpr NamespaceKind namespace_kinds[] = {{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS},
                                             {"pid", CLONE_NEWPID},   {"network", CLONE_NEWNET},
                                             {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}};

/// The id as the monitor sees it; itself where nothing is mapped.
std::uint32_t outside(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  for (const oci::IdMapping& m : mappings)
    if (id >= m.container_id && id - m.container_id < m.size)
      return m.host_id + (id - m.container_id);
  return id;
}

}  // namespace

std::string id_map(const std::vector<oci::IdMapping>& mappings) {
  std::string out;
  for (const oci::IdMapping& m : mappings)
    out += fmt::format("{} {} {}\n", m.container_id, m.host_id, m.size);
  return out;
}

Slot Compiler::new_slot() {
  if (next_slot == slot_count)
    throw_error(Errc::invalid_option, "compile", "mounts", "too many mounts");
  return next_slot++;
}

bool Compiler::isolates(const char* type) const {
  for (const oci::Namespace& ns : spec.namespaces)
    if (ns.type == type) return ns.path.empty();
  return false;
}

void Compiler::namespaces() {
  for (const NamespaceKind& kind : namespace_kinds)
    if (isolates(kind.type)) plan.header.clone_flags |= kind.flag;
  if (isolates("user")) {
    if (!facts.user_namespaces)
      throw_error(Errc::unsupported, "make user namespace", "", facts.user_namespaces_reason);
    plan.after.push_back(
        {.op = Op::write_id_map, .write_id_map = {plan.text(id_map(spec.uid_mappings)), false}});
    // A single id may be mapped by an unprivileged process only after this (user_namespaces(7)).
    if (facts.rootless && !facts.maps_ranges())
      plan.after.push_back(plain_step(Op::deny_setgroups));
    plan.after.push_back(
        {.op = Op::write_id_map, .write_id_map = {plan.text(id_map(spec.gid_mappings)), true}});
  }
  if (isolates("uts") && !spec.hostname.empty())
    plan.inside.push_back({.op = Op::set_hostname, .set_hostname = {plan.text(spec.hostname)}});
  if (isolates("network")) plan.inside.push_back(plain_step(Op::loopback_up));
  if (spec.process.oom_score_adj)
    plan.after.push_back({.op = Op::oom_score, .oom_score = {*spec.process.oom_score_adj}});
}

void Compiler::await_start() {
  // What would fail after the start is better told before.
  plan.inside.push_back({.op = Op::find_program,
                         .execute = {plan.list(spec.process.args), plan.list(spec.process.env)}});
  plan.inside.push_back(plain_step(Op::await_start));
}

LaunchPlan compile(const oci::RuntimeSpec& spec, const Root& root, const sys::HostFacts& facts) {
  Compiler c{spec, facts};
  c.namespaces();
  c.plan.header.stream_uid = outside(spec.uid_mappings, spec.process.user.uid);
  c.plan.header.stream_gid = outside(spec.gid_mappings, spec.process.user.gid);
  if (c.isolates("user")) {
    // Up to here nothing needs the id maps, so the monitor works at the same time.
    c.plan.inside.push_back(plain_step(Op::await));
    if (!facts.rootless || facts.maps_ranges())
      c.plan.inside.push_back({.op = Op::set_groups, .set_groups = {c.plan.text("")}});
    c.plan.inside.push_back({.op = Op::set_ids, .set_ids = {0, 0}});
  }
  c.plan.inside.push_back(plain_step(Op::private_mounts));
  c.root(root);
  c.mounts();
  c.devices();
  c.await_cgroups();
  c.paths();
  if (c.isolates("user")) c.plan.after.push_back(plain_step(Op::release));
  c.cgroups();
  if (spec.process.terminal)
    c.plan.inside.push_back(
        {.op = Op::terminal,
         .terminal = {spec.process.rows, spec.process.columns, spec.process.user.uid}});
  c.enter_root();
  c.plan.inside.push_back(
      {.op = Op::new_keyring, .new_keyring = {c.plan.text("_ses." + spec.id.substr(0, 12))}});
  if (std::holds_alternative<BundleRoot>(root)) c.await_start();
  compile_process(c.plan, spec.process, spec.seccomp, facts);
  return std::move(c.plan);
}

LaunchPlan compile_exec(const oci::Process& process, const oci::Seccomp& seccomp,
                        const sys::HostFacts& facts, const std::vector<std::string>& cgroups) {
  LaunchPlan plan;
  // The kernel joins those that differ from the caller's own (setns(2) with a pidfd).
  plan.header.join_flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                           CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  for (const std::string& dir : cgroups)
    plan.after.push_back(
        {.op = Op::join_cgroup, .join_cgroup = {plan.text(dir + "/cgroup.procs")}});
  plan.inside.push_back(plain_step(Op::await));
  plan.inside.push_back({.op = Op::set_ids, .set_ids = {0, 0}});
  if (process.terminal)
    plan.inside.push_back(
        {.op = Op::terminal, .terminal = {process.rows, process.columns, process.user.uid}});
  plan.inside.push_back({.op = Op::new_keyring, .new_keyring = {plan.text("_ses.exec")}});
  compile_process(plan, process, seccomp, facts);
  return plan;
}

}  // namespace containerlib::sandbox
