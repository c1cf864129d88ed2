#include "criu/restore_plan.hpp"

#include <linux/sched.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "criu/groups.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/compile/id_maps.hpp"

namespace containerlib::criu {
namespace {

using sandbox::LaunchPlan;
using sandbox::Op;
using sandbox::Slot;
using sandbox::Step;

// Numbers that the compiler gives out last. Slot 0, where steps mount by path, is the directory.
constexpr Slot overlay_slot = sandbox::landlock_slot - 1, devices_slot = sandbox::landlock_slot - 2,
               ids_slot = sandbox::landlock_slot - 3;

struct RestorePlan {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  LaunchPlan plan;
  std::vector<Step> before = {}, inside = {};
  std::set<Slot> trees = {};  ///< of the host

  void keep_before();
  void shift_ownership();
  void make_directory(const std::string& path);
  void keep_overlay();
  void become(std::uint32_t uid, std::uint32_t gid);
  void place(Slot, const std::string& path);
  void place_binds();
  void place_devices();
};

void RestorePlan::keep_before() {
  for (const Step& step : plan.before) {
    const bool tree = step.op == Op::open_tree || step.op == Op::set_mount_flags ||
                      step.op == Op::idmap_tree || step.op == Op::make_user_namespace;
    if (tree || is_about_groups(step)) before.push_back(step);
    if (step.op == Op::open_tree) trees.insert(step.open_tree.out);
  }
  if (!trees.empty() && *trees.rbegin() >= ids_slot)
    throw_error(Errc::unsupported, "restore container", "mounts", "they are too many");
}

/// The container's own user namespace is made by criu; one with the same ids does as well.
void RestorePlan::shift_ownership() {
  if (spec.uid_mappings.empty()) return;
  before.push_back(
      {.op = Op::make_user_namespace,
       .make_user_namespace = {plan.text(sandbox::id_map(spec.uid_mappings)),
                               plan.text(sandbox::id_map(spec.gid_mappings)), ids_slot}});
  for (Step step : plan.after) {
    if (step.op != Op::idmap_tree || step.idmap_tree.user != sandbox::no_slot) continue;
    step.idmap_tree.user = ids_slot;
    before.push_back(step);
  }
}

void RestorePlan::make_directory(const std::string& path) {
  const sandbox::Text target = plan.text(path);
  inside.push_back(sandbox::plain_step(Op::private_mounts));
  inside.push_back({.op = Op::make_fs,
                    .make_fs = {plan.text("tmpfs"), plan.text("mode=0755"),
                                sys::mount_nosuid | sys::mount_nodev | sys::mount_noexec,
                                sandbox::root_slot, target}});
  inside.push_back({.op = Op::attach_at, .attach_at = {sandbox::root_slot, target}});
}

void RestorePlan::become(std::uint32_t uid, std::uint32_t gid) {
  const std::uint64_t all = facts.capabilities;
  inside.push_back({.op = Op::set_ids, .set_ids = {uid, gid}});
  inside.push_back({.op = Op::set_capabilities, .set_capabilities = {all, all, 0, 0}});
}

/// From where the layers are attached to where they go again.
void RestorePlan::keep_overlay() {
  auto& steps = plan.inside;
  const auto is = [](Op op) { return [op](const Step& step) { return step.op == op; }; };
  const auto overlay = std::find_if(steps.begin(), steps.end(), is(Op::make_overlay));
  if (overlay == steps.end())
    throw_error(Errc::unsupported, "restore container", "", "its root is no overlay");
  overlay->make_overlay.out = overlay_slot;
  const auto first = std::find_if(steps.begin(), overlay, is(Op::attach));
  const auto last = std::find_if(overlay, steps.end(), is(Op::detach));
  inside.insert(inside.end(), first, overlay);
  // An overlay makes files as the one who has mounted it, who must have an id in the shifted
  // layers.
  if (!spec.uid_mappings.empty())
    become(spec.uid_mappings.front().host_id, spec.gid_mappings.front().host_id);
  inside.push_back(*overlay);
  if (!spec.uid_mappings.empty()) become(0, 0);
  inside.insert(inside.end(), overlay + 1, last + 1);
}

void RestorePlan::place(Slot tree, const std::string& path) {
  inside.push_back({.op = Op::mount_into, .mount_into = {tree, plan.text(path), false}});
}

void RestorePlan::place_binds() {
  for (const Step& step : std::exchange(plan.inside, {}))
    if (step.op == Op::mount_into && trees.contains(step.mount_into.tree))
      place(step.mount_into.tree, mounts_place + std::string(plan.view(step.mount_into.target)));
}

/// A node of the host that is mounted in a container cannot be changed from there.
void RestorePlan::place_devices() {
  const sandbox::Text dev = plan.text("/dev");
  before.push_back({.op = Op::open_tree,
                    .open_tree = {dev, sys::propagate_private, devices_slot, true, false, {}}});
  before.push_back(
      {.op = Op::set_mount_flags,
       .set_mount_flags = {devices_slot, sys::mount_rdonly | sys::mount_nosuid | sys::mount_noexec,
                           0, dev, true}});
  place(devices_slot, std::string(devices_place) + "/dev");
}

}  // namespace

LaunchPlan restore_plan(LaunchPlan container, const oci::RuntimeSpec& spec,
                        const sys::HostFacts& facts, const RestoreCommand& command) {
  RestorePlan out{spec, facts, std::move(container)};
  LaunchPlan& plan = out.plan;
  join_from_outside(plan);
  out.keep_before();
  out.shift_ownership();
  std::erase_if(plan.after, [](const Step& step) { return !is_about_groups(step); });
  out.make_directory(command.directory);
  out.keep_overlay();
  out.place(overlay_slot, root_place);
  out.place_binds();
  out.place_devices();
  plan.header.clone_flags = CLONE_NEWNS;
  plan.before = std::move(out.before);
  plan.inside = std::move(out.inside);
  plan.inside.push_back(
      {.op = Op::new_keyring, .new_keyring = {plan.text("_ses." + spec.id.substr(0, 12))}});
  plan.inside.push_back({.op = Op::set_groups, .set_groups = {plan.text(""), false}});
  plan.inside.push_back(sandbox::plain_step(Op::await));
  if (spec.process.no_new_privileges)
    plan.inside.push_back(sandbox::plain_step(Op::no_new_privileges));
  plan.inside.push_back(
      {.op = Op::execute, .execute = {plan.list(command.args), plan.list(command.env)}});
  return std::move(plan);
}

}  // namespace containerlib::criu
