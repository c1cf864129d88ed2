#include <algorithm>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/mount_entry.hpp"
#include "sandbox/compile/mount_target.hpp"

namespace containerlib::sandbox {
namespace {

/// What is in memory only: that its mount is read-only is all that matters.
bool in_memory(const std::string& type) {
  static constexpr const char* types[] = {"tmpfs",  "proc",   "sysfs",  "devpts",
                                          "mqueue", "cgroup", "cgroup2"};
  return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

void check_target(const MountEntry& e) {
  if (e.target == "/") refuse(e, "destination", "/ is the root file system itself");
  const bool proc = e.target == "/proc" && (e.is_bind() || e.mount.type == "proc");
  if (!proc && !may_cover(e.target))
    refuse(e, "destination", printable(e.target) + " of the proc file system cannot be covered");
}

bool maps(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  return std::any_of(mappings.begin(), mappings.end(), [&](const oci::IdMapping& m) {
    return id >= m.container_id && id - m.container_id < m.size;
  });
}

/// A list of options may come as one text (config.md: "a comma-separated string"); an overlay's
/// paths may have commas.
std::vector<std::string> data_options(Compiler& c, const MountEntry& e) {
  std::vector<std::string> out = e.options.superblock;
  for (const std::string& data : e.options.data) {
    if (e.mount.type == "overlay") {
      out.push_back(data);
      continue;
    }
    for (const std::string_view option : sys::split(data, ','))
      if (!option.empty()) out.emplace_back(option);
  }
  // devpts refuses a group that is not in the user namespace.
  if (e.mount.type == "devpts" && c.isolates("user") && !maps(c.gid_mappings, 5))
    std::erase(out, "gid=5");
  return out;
}

/// fsconfig(2) takes values of at most 255 bytes; an overlay's lower directories go one by one
/// then.
void split_long_values(Compiler& c, const MountEntry& e, std::vector<std::string>& options) {
  std::vector<std::string> out;
  for (const std::string& option : options) {
    const std::size_t value = option.find('=') + 1;
    if (value == 0 || option.size() - value < 256) {
      out.push_back(option);
    } else if (option.starts_with("lowerdir=") && c.facts.overlay_lowerdir_append &&
               option.find('\\') == std::string::npos) {
      for (const std::string_view lower : sys::split(std::string_view(option).substr(value), ':'))
        out.push_back("lowerdir+=" + std::string(lower));
    } else {
      throw_error(Errc::unsupported, "compile", e.field("options"),
                  printable(option, 32) + "... has a value of more than 255 bytes");
    }
  }
  options = std::move(out);
}

bool has(const std::vector<std::string>& options, const char* key) {
  return std::any_of(options.begin(), options.end(),
                     [&](const std::string& option) { return option.starts_with(key); });
}

void add_tmpfs(Compiler& c, const MountEntry& e, std::uint64_t attributes,
               const std::vector<std::string>& options) {
  const Slot slot =
      c.make_fs(c.plan.inside, "tmpfs", options, attributes & ~sys::mount_rdonly, e.target);
  const bool mode = !has(options, "mode=");
  const bool owner = e.options.copy_up && !has(options, "uid=") && !has(options, "gid=");
  if (mode || e.options.copy_up)
    c.plan.inside.push_back({.op = Op::copy_up,
                             .copy_up = {slot, c.plan.text(e.target), mode, owner,
                                         e.options.copy_up, may_follow(e.target)}});
  if (attributes & sys::mount_rdonly)
    c.set_attributes(c.late, slot, e.target, {sys::mount_rdonly, 0});
  c.mounted[e.target] = {slot, "tmpfs"};
}

/// A disk is opened by the runner, as the device rules of the container's cgroup are not for its
/// mounts.
Slot make_fs(Compiler& c, const MountEntry& e, const std::vector<std::string>& options,
             std::uint64_t attributes) {
  const std::string& source = e.mount.source;
  const bool disk =
      !in_memory(e.mount.type) && source.starts_with('/') && !source.starts_with("//");
  const bool outside = disk && !c.find_namespace("user");
  return c.make_fs(outside ? c.opening : c.plan.inside, e.mount.type, options, attributes,
                   e.target);
}

void add_fs(Compiler& c, const MountEntry& e) {
  const std::string& type = e.mount.type;
  if (type.empty()) refuse(e, "type", "neither a type nor a bind mount");
  if (e.options.idmap || !e.mount.uid_mappings.empty() || !e.mount.gid_mappings.empty())
    refuse(e, "options", "only a bind mount has an id mapping of its own");
  if (e.options.copy_up && type != "tmpfs") refuse(e, "options", "tmpcopyup is for a tmpfs");
  const std::uint64_t attributes = e.options.own.set | e.options.recursive.set;
  std::vector<std::string> options = data_options(c, e);
  if (!in_memory(type) && e.options.read_only()) options.push_back("ro");
  split_long_values(c, e, options);
  // Of what is in memory it is no more than a name that a bundle may choose.
  if (!e.mount.source.empty() && (c.bundle || !in_memory(type)))
    options.push_back("source=" + e.mount.source);
  if (type == "cgroup2") c.await_cgroups();
  if (type == "tmpfs") {
    add_tmpfs(c, e, attributes, options);
  } else {
    c.mounted[e.target] = {make_fs(c, e, options, attributes), type};
  }
  const Slot slot = c.mounted[e.target].slot;
  if (e.options.propagation) c.set_propagation(slot, e.target, e.options.propagation, false);
  const bool ordinary = type != "proc" && type != "sysfs";
  c.mount_fs(slot, e.target, ordinary && may_follow(e.target));
  if (e.target != "/dev") return;
  c.own_dirs["/dev"] = slot;
  if (!c.bundle) c.bind_default_devices(slot);
}

/// Changes what an earlier entry has mounted, or the root: its mount, and of a file system of this
/// plan also its superblock. That of a bind mount is the host's.
void remount(Compiler& c, const MountEntry& e) {
  const bool root = e.target == "/";
  const auto mounted = c.mounted.find(e.target);
  if (!root && mounted == c.mounted.end())
    refuse(e, "destination", "no earlier mount is at " + printable(e.target) + " to be remounted");
  const std::string type = root ? "" : mounted->second.type;
  const Slot slot = root ? root_slot : mounted->second.slot;
  std::vector<std::string> options = data_options(c, e);
  if (type.empty() && !e.options.data.empty())
    refuse(e, "options", printable(e.options.data[0]) + " is no option of a bind mount");
  if (!type.empty() && !in_memory(type)) {
    if (e.options.read_only()) options.push_back("ro");
    if ((e.options.own.clear | e.options.recursive.clear) & sys::mount_rdonly)
      options.push_back("rw");
  }
  split_long_values(c, e, options);
  if (!type.empty() && !options.empty())
    c.plan.inside.push_back(
        {.op = Op::reconfigure_fs,
         .reconfigure_fs = {slot, c.plan.list(options), c.plan.text(e.target)}});
  auto& steps = root ? c.late : c.plan.inside;
  c.set_attributes(steps, slot, e.target, e.options.own);
  c.set_attributes(steps, slot, e.target, e.options.recursive, true);
  if (e.options.propagation) c.set_propagation(slot, e.target, e.options.propagation, true);
}

void add_mount(Compiler& c, const MountEntry& e) {
  if (e.options.remount) return remount(c, e);
  check_target(e);
  // What is covered is reached by its path no more.
  const auto covered = [&](const auto& mount) { return is_within(mount.first, e.target); };
  std::erase_if(c.own_dirs, covered);
  std::erase_if(c.mounted, covered);
  if (e.is_bind()) return c.bind_mount(e);
  if (e.mount.type == "cgroup") return c.cgroup_mount(e.target, e.options);
  add_fs(c, e);
}

}  // namespace

void Compiler::mounts() {
  if (!spec.mount_label.empty())
    throw_error(Errc::unsupported, "compile", "linux.mountLabel",
                "the mounts of containers have no SELinux labels here");
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) add_mount(*this, {spec.mounts[i], i});
}

void Compiler::paths() {
  for (const std::string& path : spec.masked_paths)
    plan.inside.push_back({.op = Op::mask_path, .mask_path = {place_of(clean_target(path))}});
  for (const std::string& path : spec.readonly_paths)
    plan.inside.push_back(
        {.op = Op::readonly_path, .readonly_path = {place_of(clean_target(path))}});
}

}  // namespace containerlib::sandbox
