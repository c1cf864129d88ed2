#include <utility>

#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/compiler.hpp"

namespace containerlib::sandbox {
namespace {

std::vector<std::string> controllers_of(const std::string& hierarchy) {
  const std::vector<std::string_view> names = sys::split(hierarchy, ',');
  return {names.begin(), names.end()};
}

}  // namespace

/// What the container may see of its cgroups: with v2 its own subtree, else a directory of those
/// hierarchies it is in.
void Compiler::cgroup_mount(const std::string& target, const MountOptions& options) {
  await_cgroups();
  const std::uint64_t attributes = options.own.set | options.recursive.set;
  const sys::CgroupFacts& cgroups = facts.cgroups;
  if (cgroups.layout == sys::CgroupFacts::Layout::none) return;
  if (cgroups.layout == sys::CgroupFacts::Layout::v2)
    return mount_fs(make_fs("cgroup2", {}, attributes, target), target, false);
  const Slot dir =
      make_fs("tmpfs", {"mode=755", "size=64k"}, attributes & ~sys::mount_rdonly, target);
  mount_fs(dir, target, false);
  own_dirs[target] = dir;
  const auto mount_below = [&](const std::string& name, const char* type,
                               const std::vector<std::string>& controllers) {
    const std::string path = target + "/" + name;
    mount_fs(make_fs(type, controllers, attributes, path), path, false);
  };
  if (cgroups.layout == sys::CgroupFacts::Layout::hybrid) mount_below("unified", "cgroup2", {});
  std::string last;
  for (const std::string& name : joined_v1_controllers(spec, facts)) {
    const std::string& hierarchy = cgroups.find(name)->hierarchy;
    if (std::exchange(last, hierarchy) == hierarchy) continue;
    mount_below(hierarchy, "cgroup", controllers_of(hierarchy));
  }
  if (options.read_only()) set_attributes(plan.inside, dir, target, {sys::mount_rdonly, 0});
}

}  // namespace containerlib::sandbox
