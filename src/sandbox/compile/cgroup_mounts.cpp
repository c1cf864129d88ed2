#include <set>

#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {
namespace {

using Layout = sys::CgroupFacts::Layout;

std::vector<std::string> controllers_of(const std::string& hierarchy) {
  const std::vector<std::string_view> names = sys::split(hierarchy, ',');
  return {names.begin(), names.end()};
}

AttributeChange change_to(std::uint64_t attributes) {
  return {attributes, attributes & sys::mount_atime_mask ? sys::mount_atime_mask : 0};
}

/// The container's groups below one directory, a file system or a part of one for each hierarchy
/// that it is in.
struct Hierarchies {
  Compiler& c;
  const std::string& target;
  std::uint64_t attributes;
  const sys::CgroupDirs dirs = cgroup_dirs(c.spec, c.facts);
  const bool own_namespace = c.find_namespace("cgroup") != nullptr;

  Slot make_directory() {
    const Slot dir = c.make_fs(c.plan.inside, "tmpfs", {"mode=755", "size=64k"},
                               attributes & ~sys::mount_rdonly, target);
    c.mount_fs(dir, target, false);
    return c.own_dirs[target] = dir;
  }

  /// In a cgroup namespace a new mount shows the container's group as its root; else its own group
  /// is bound, as by runc.
  void add(const std::string& name, const char* type, const std::vector<std::string>& controllers,
           const std::string& group) {
    const std::string path = target + "/" + name;
    Slot slot;
    if (own_namespace) {
      slot = c.make_fs(c.plan.inside, type, controllers, attributes, path);
    } else {
      slot = c.new_slot();
      c.plan.inside.push_back(
          {.op = Op::open_tree,
           .open_tree = {c.plan.text(group), sys::propagate_private, slot, false, false, {}}});
      c.set_attributes(c.plan.inside, slot, path, change_to(attributes));
    }
    c.mount_fs(slot, path, false);
  }

  /// A hierarchy of several controllers is found by the name of each.
  void add_links(const std::string& hierarchy, Slot dir) {
    if (hierarchy.find(',') == std::string::npos) return;
    for (const std::string& name : controllers_of(hierarchy))
      c.plan.inside.push_back(
          {.op = Op::make_symlink,
           .make_symlink = {dir, c.plan.text(target + "/" + name), c.plan.text(hierarchy)}});
  }

  void add_v1(Slot dir) {
    std::set<std::string> added;
    for (const std::string& name : joined_v1_controllers(c.spec, c.facts)) {
      const std::string& hierarchy = c.facts.cgroups.find(name)->hierarchy;
      if (!added.insert(hierarchy).second) continue;
      add(hierarchy, "cgroup", controllers_of(hierarchy), dirs.v1.at(name));
      add_links(hierarchy, dir);
    }
  }
};

}  // namespace

void Compiler::cgroup_mount(const std::string& target, const MountOptions& options) {
  await_cgroups();
  const std::uint64_t attributes = options.own.set | options.recursive.set;
  const Layout layout = facts.cgroups.layout;
  if (layout == Layout::none) return;
  if (layout == Layout::v2) return cgroup2_mount(target, attributes);
  Hierarchies hierarchies{*this, target, attributes};
  const Slot dir = hierarchies.make_directory();
  if (layout == Layout::hybrid && (hierarchies.own_namespace || !hierarchies.dirs.unified.empty()))
    hierarchies.add("unified", "cgroup2", {}, hierarchies.dirs.unified);
  hierarchies.add_v1(dir);
  if (attributes & sys::mount_rdonly)
    set_attributes(plan.inside, dir, target, {sys::mount_rdonly, 0});
  mounted[target] = {dir, ""};
}

/// With the host's cgroup namespace the host's whole tree is shown, which is what the paths in
/// /proc/PID/cgroup are of; only the owner of that namespace may mount it (cgroup_namespaces(7)).
void Compiler::cgroup2_mount(const std::string& target, std::uint64_t attributes) {
  Slot slot;
  if (find_namespace("cgroup") || !find_namespace("user")) {
    slot = make_fs(plan.inside, "cgroup2", {}, attributes, target);
  } else {
    slot = new_slot();
    plan.inside.push_back({.op = Op::open_tree,
                           .open_tree = {plan.text(facts.cgroups.unified_mount),
                                         sys::propagate_private,
                                         slot,
                                         true,
                                         false,
                                         {}}});
    set_attributes(plan.inside, slot, target, change_to(attributes), true);
  }
  mount_fs(slot, target, false);
  mounted[target] = {slot, ""};
}

}  // namespace containerlib::sandbox
