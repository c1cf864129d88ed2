#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/compiler.hpp"

namespace containerlib::sandbox {
namespace {

struct Device {
  const char* name;
  std::uint32_t major, minor;
};
// runtime-spec config-linux.md, "Default Devices"; admin-guide/devices.txt has the numbers.
constexpr Device devices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                              {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
constexpr std::array<const char*, 2> links[] = {{"/dev/fd", "/proc/self/fd"},
                                                {"/dev/stdin", "/proc/self/fd/0"},
                                                {"/dev/stdout", "/proc/self/fd/1"},
                                                {"/dev/stderr", "/proc/self/fd/2"},
                                                {"/dev/ptmx", "pts/ptmx"}};

struct Options {
  std::uint64_t flags = 0;
  std::vector<std::string> data;  ///< what the file system itself reads: "size=64k"
  bool recursive = false;
};

Options parse(const std::vector<std::string>& options) {
  struct Flag {
    const char* name;
    std::uint64_t flag;
  };
  static constexpr Flag known[] = {{"ro", sys::mount_rdonly},
                                   {"nosuid", sys::mount_nosuid},
                                   {"nodev", sys::mount_nodev},
                                   {"noexec", sys::mount_noexec},
                                   {"noatime", sys::mount_noatime},
                                   {"rw", 0},
                                   {"relatime", 0},
                                   {"bind", 0},
                                   {"strictatime", 0},
                                   {"rbind", 0}};
  Options out;
  for (const std::string& option : options) {
    if (option == "rbind") out.recursive = true;
    auto flag = std::find_if(std::begin(known), std::end(known),
                             [&](const Flag& f) { return option == f.name; });
    if (flag != std::end(known)) {
      out.flags |= flag->flag;
    } else {
      out.data.push_back(option);
    }
  }
  return out;
}

bool maps(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  return std::any_of(mappings.begin(), mappings.end(), [&](const oci::IdMapping& m) {
    return id >= m.container_id && id - m.container_id < m.size;
  });
}

/// Targets that must be what they are called: a symlink there is an attack (SEC-02).
bool may_follow(const std::string& target) {
  return target != "/proc" && target != "/sys" && target != "/dev" &&
         !target.starts_with("/sys/") && !target.starts_with("/dev/");
}

Slot make_fs(Compiler& c, const std::string& type, std::uint64_t flags,
             const std::vector<std::string>& data) {
  Slot slot = c.new_slot();
  c.plan.inside.push_back(
      {.op = Op::make_fs, .make_fs = {c.plan.text(type), c.plan.list(data), flags, slot}});
  return slot;
}

void mount_into(Compiler& c, Slot slot, const std::string& target) {
  c.plan.inside.push_back(
      {.op = Op::mount_into, .mount_into = {slot, c.plan.text(target), may_follow(target)}});
}

/// A file system of this plan, right below another one if there is one.
void mount_fs(Compiler& c, Slot slot, const std::string& target) {
  const auto parent = c.own_dirs.find(target.substr(0, target.rfind('/')));
  if (parent == c.own_dirs.end()) return mount_into(c, slot, target);
  c.plan.inside.push_back(
      {.op = Op::mount_below, .mount_below = {slot, parent->second, c.plan.text(target)}});
}

void add_devices(Compiler& c, Slot dev) {
  for (const Device& d : devices) {
    const Text path = c.plan.text(std::string("/dev/") + d.name);
    c.plan.inside.push_back(
        {.op = Op::bind_device, .bind_device = {path, dev, path, d.major, d.minor}});
  }
  for (const auto& [path, target] : links)
    c.plan.inside.push_back(
        {.op = Op::make_symlink, .make_symlink = {dev, c.plan.text(path), c.plan.text(target)}});
}

void add_bind(Compiler& c, const oci::Mount& mount, const Options& options) {
  const Slot slot = c.new_slot();
  const Text source = c.plan.text(mount.source);
  c.plan.before.push_back(
      {.op = Op::open_tree, .open_tree = {source, options.flags, slot, options.recursive}});
  if (mount.idmap && c.isolates("user"))
    c.plan.after.push_back({.op = Op::idmap_tree, .idmap_tree = {source, slot, options.recursive}});
  mount_into(c, slot, mount.destination);
}

std::vector<std::string> controllers_of(const std::string& hierarchy) {
  const std::vector<std::string_view> names = sys::split(hierarchy, ',');
  return {names.begin(), names.end()};
}

/// What the container may see of its cgroups: with v2 its own subtree, else a directory of those
/// hierarchies it is in.
void add_cgroup(Compiler& c, const oci::Mount& mount, const Options& options) {
  c.await_cgroups();
  const sys::CgroupFacts& cgroups = c.facts.cgroups;
  if (cgroups.layout == sys::CgroupFacts::Layout::none) return;
  if (cgroups.layout == sys::CgroupFacts::Layout::v2) {
    mount_fs(c, make_fs(c, "cgroup2", options.flags, {}), mount.destination);
    return;
  }
  const Slot dir =
      make_fs(c, "tmpfs", options.flags & ~sys::mount_rdonly, {"mode=755", "size=64k"});
  mount_fs(c, dir, mount.destination);
  c.own_dirs[mount.destination] = dir;
  if (cgroups.layout == sys::CgroupFacts::Layout::hybrid)
    mount_fs(c, make_fs(c, "cgroup2", options.flags, {}), mount.destination + "/unified");
  std::string last;
  for (const std::string& name : joined_v1_controllers(c.spec, c.facts)) {
    const std::string& hierarchy = cgroups.find(name)->hierarchy;
    if (std::exchange(last, hierarchy) == hierarchy) continue;
    mount_fs(c, make_fs(c, "cgroup", options.flags, controllers_of(hierarchy)),
             mount.destination + "/" + hierarchy);
  }
  if (options.flags & sys::mount_rdonly)
    c.plan.inside.push_back({.op = Op::set_mount_flags, .set_mount_flags = {dir, options.flags}});
}

void add_mount(Compiler& c, const oci::Mount& mount) {
  Options options = parse(mount.options);
  if (mount.type == "bind") return add_bind(c, mount, options);
  if (mount.type == "cgroup") return add_cgroup(c, mount, options);
  // devpts refuses a group that is not in the user namespace.
  if (mount.type == "devpts" && c.isolates("user") && !maps(c.spec.gid_mappings, 5))
    std::erase(options.data, "gid=5");
  const Slot slot = make_fs(c, mount.type, options.flags, options.data);
  mount_fs(c, slot, mount.destination);
  if (mount.destination != "/dev") return;
  c.own_dirs["/dev"] = slot;
  add_devices(c, slot);
}

/// Before "lowerdir+" all lower directories are one option, of at most 255 bytes (fsconfig(2)).
void check_lowers(const OverlayRoot& overlay, const sys::HostFacts& facts) {
  std::size_t size = 0;
  for (const std::string& lower : overlay.lowers) size += lower.size() + 1;
  if (!facts.overlay_lowerdir_append && size > 256)
    throw_error(
        Errc::unsupported, "mount overlay", overlay.container,
        fmt::format("its {} layers are too many for Linux before 6.7", overlay.lowers.size()));
}

}  // namespace

void Compiler::root(const Root& root) {
  if (const auto* bundle = std::get_if<BundleRoot>(&root)) return bundle_root(*bundle);
  overlay_root(std::get<OverlayRoot>(root));
}

void Compiler::bundle_root(const BundleRoot& bundle) {
  plan.before.push_back(
      {.op = Op::open_tree, .open_tree = {plan.text(bundle.path), 0, root_slot, true}});
  if (hooks_see_root()) {
    plan.inside.push_back({.op = Op::attach_at, .attach_at = {root_slot, plan.text(bundle.path)}});
  } else {
    plan.inside.push_back({.op = Op::attach, .attach = {root_slot}});
  }
}

void Compiler::overlay_root(const OverlayRoot& overlay) {
  const Slot store = new_slot();
  const Text store_path = plan.text(overlay.store);
  plan.before.push_back({.op = Op::open_tree, .open_tree = {store_path, 0, store, false}});
  // Rootless, the monitor's user namespace has the same ids already.
  if (isolates("user") && !facts.rootless) {
    if (!facts.idmapped_mounts)
      throw_error(Errc::unsupported, "shift ownership of layers", overlay.store,
                  "this kernel has no idmapped mounts; use the host's user namespace");
    plan.after.push_back({.op = Op::idmap_tree, .idmap_tree = {store_path, store, false}});
  }
  if (!facts.overlay)
    throw_error(Errc::unsupported, "mount overlay", overlay.container,
                "overlay is not in /proc/filesystems; try modprobe overlay");
  check_lowers(overlay, facts);
  plan.inside.push_back({.op = Op::attach, .attach = {store}});
  plan.inside.push_back({.op = Op::enter, .enter = {store, plan.text("l")}});
  std::string container = "../" + overlay.container;
  plan.inside.push_back(
      {.op = Op::make_overlay,
       .make_overlay = {plan.list(overlay.lowers), plan.text(container + "/upper"),
                        plan.text(container + "/work"), sys::mount_nosuid | sys::mount_nodev,
                        root_slot, facts.overlay_lowerdir_append, overlay.ephemeral}});
  // The overlay holds its layers itself.
  plan.inside.push_back(plain_step(Op::detach));
  plan.inside.push_back({.op = Op::attach, .attach = {root_slot}});
}

void Compiler::mounts() {
  for (const oci::Mount& mount : spec.mounts) add_mount(*this, mount);
}

void Compiler::paths() {
  for (const std::string& path : spec.masked_paths)
    plan.inside.push_back({.op = Op::mask_path, .mask_path = {plan.text(path)}});
  for (const std::string& path : spec.readonly_paths)
    plan.inside.push_back({.op = Op::readonly_path, .readonly_path = {plan.text(path)}});
}

}  // namespace containerlib::sandbox
