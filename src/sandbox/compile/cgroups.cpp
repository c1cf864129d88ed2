#include <fmt/format.h>
#include <linux/sched.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"
#include "sandbox/compile/cgroup_settings.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/device_filter.hpp"

namespace containerlib::sandbox {
namespace {

using Manager = sys::CgroupFacts::Manager;

/// Makes the container's groups true, step by step.
struct Groups {
  Compiler& c;
  const sys::CgroupFacts& facts = c.facts.cgroups;
  const sys::CgroupDirs dirs = cgroup_dirs(c.spec, c.facts);
  const std::vector<std::string> joined = joined_v1_controllers(c.spec, c.facts);
  const std::vector<Setting> settings = cgroup_settings(c.spec.resources, facts);
  const DeviceRules rules = device_rules(c.spec.resources.devices);
  const bool may_exist = !c.spec.cgroups_path.empty();

  /// The v2 group is there before the process, which is born in it; a group that systemd makes
  /// takes the process.
  std::vector<Step>& v2_steps() {
    return facts.manager == Manager::systemd ? c.plan.after : c.plan.before;
  }

  void make_v2();
  void enable_controllers();
  void filter_devices();
  void give();
  std::vector<std::string> make_v1();
  void write(const Setting&);
};

/// The controllers of v2 that settings need, each once. (A setting that is optional can do
/// without.)
std::vector<std::string> needed_v2(const std::vector<Setting>& settings,
                                   const sys::CgroupFacts& facts) {
  std::vector<std::string> out;
  for (const Setting& s : settings) {
    const sys::Controller* c = facts.find(s.controller);
    if (!s.controller.empty() && !s.optional && !(c && c->version == 1) &&
        std::find(out.begin(), out.end(), s.controller) == out.end())
      out.push_back(s.controller);
  }
  return out;
}

/// Those that the statistics read.
std::vector<std::string> wanted_v2(const sys::CgroupFacts& facts) {
  std::vector<std::string> out;
  for (const char* name : {"memory", "pids", "cpu", "io"})
    if (const sys::Controller* c = facts.find(name); c && c->version == 2) out.push_back(name);
  return out;
}

/// From the place where we may make groups down to the one above the container's.
void Groups::enable_controllers() {
  std::vector<std::string> needed = needed_v2(settings, facts), wanted = wanted_v2(facts);
  std::erase_if(wanted, [&](const std::string& name) {
    return std::find(needed.begin(), needed.end(), name) != needed.end();
  });
  if (needed.empty() && wanted.empty()) return;
  const Text need = c.plan.list(needed), want = c.plan.list(wanted);
  std::size_t end = facts.unified.rfind('/');
  for (; end != std::string::npos; end = dirs.unified.find('/', end + 1))
    c.plan.before.push_back(
        {.op = Op::enable_controllers,
         .enable_controllers = {c.plan.text(dirs.unified.substr(0, end)), need, want}});
}

void Groups::make_v2() {
  if (facts.manager == Manager::systemd) return;
  const Text dir = c.plan.text(dirs.unified);
  c.plan.before.push_back({.op = Op::make_cgroup, .make_cgroup = {dir, may_exist}});
  if (c.joins("cgroup")) {
    // From the namespace that it is born in there may be no way to the group, which clone3(2) then
    // refuses (cgroup_procs_write_permission() of the kernel).
    c.plan.after.push_back(
        {.op = Op::join_cgroup, .join_cgroup = {c.plan.text(dirs.unified + "/cgroup.procs")}});
  } else {
    c.plan.header.cgroup = dir;
  }
  enable_controllers();
}

void Groups::filter_devices() {
  // Of an ordinary user the kernel takes no such program, and there are no devices in the container
  // but those that its user may use anyway.
  if (!c.facts.is_host_root() || rules.all() || dirs.v1.contains("devices")) return;
  const std::vector<bpf_insn> program = device_filter(rules);
  const std::string_view bytes(reinterpret_cast<const char*>(program.data()),
                               program.size() * sizeof(bpf_insn));
  v2_steps().push_back({.op = Op::filter_devices,
                        .filter_devices = {c.plan.text(dirs.unified), c.plan.text(bytes)}});
}

/// config-linux.md, "Cgroup ownership": where the container may write to its group it should own
/// it.
void Groups::give() {
  const auto writable = [](const oci::Mount& mount) {
    return mount.type.starts_with("cgroup") && mount.destination == "/sys/fs/cgroup" &&
           std::find(mount.options.begin(), mount.options.end(), "ro") == mount.options.end();
  };
  const std::uint32_t uid = c.plan.header.stream_uid;
  if (uid == 0 || !c.facts.is_host_root() || !c.isolates("cgroup") ||
      std::none_of(c.spec.mounts.begin(), c.spec.mounts.end(), writable))
    return;
  v2_steps().push_back({.op = Op::give_cgroup, .give_cgroup = {c.plan.text(dirs.unified), uid}});
}

std::vector<std::string> Groups::make_v1() {
  std::vector<std::string> made;
  for (const std::string& name : joined) {
    const std::string& dir = dirs.v1.at(name);
    // Two controllers may be bound to one hierarchy ("cpu,cpuacct").
    if (std::find(made.begin(), made.end(), dir) != made.end()) continue;
    made.push_back(dir);
    c.plan.after.push_back({.op = Op::make_cgroup, .make_cgroup = {c.plan.text(dir), may_exist}});
    if (name == "cpuset")
      c.plan.after.push_back({.op = Op::init_cpuset, .init_cpuset = {c.plan.text(dir)}});
  }
  return made;
}

void Groups::write(const Setting& s) {
  const auto v1 = dirs.v1.find(s.controller);
  const std::string dir = (v1 == dirs.v1.end() ? dirs.unified : v1->second) + '/';
  WriteFile out{
      c.plan.text(dir + s.file), c.plan.text(s.value), s.optional, c.plan.text(s.field), {}, {}};
  if (!s.other_file.empty()) {
    out.other_path = c.plan.text(dir + s.other_file);
    out.other_value = c.plan.text(s.other_value);
  }
  auto& steps = v1 == dirs.v1.end() ? v2_steps() : c.plan.after;
  steps.push_back({.op = Op::write_file, .write_file = out});
}

void warn_of_kernel_memory(Compiler& c) {
  const sys::Controller* memory = c.facts.cgroups.find("memory");
  const bool gone =
      c.facts.kernel_major > 5 || (c.facts.kernel_major == 5 && c.facts.kernel_minor >= 16);
  if (gone && memory && memory->version == 1 && c.spec.resources.memory.kernel.value_or(0) > 0)
    c.plan.warnings.push_back(
        "linux.resources.memory.kernel: Linux has no limit of kernel memory since 5.16");
}

/// Rules that were asked for; those that are ours alone are left out where they cannot be applied.
void check_devices(const oci::RuntimeSpec& spec, const sys::HostFacts& facts,
                   const DeviceRules& rules, const sys::CgroupDirs& dirs) {
  if (rules.all() || spec.resources.devices.empty() || !facts.is_host_root()) return;
  // Without groups by request: as crun, for whom a bundle's rules are then no obstacle.
  if (facts.cgroups.manager == Manager::nobody) return;
  if (dirs.v1.contains("devices") || !dirs.unified.empty()) return;
  throw_error(Errc::unsupported, "allow device", "linux.resources.devices",
              facts.cgroups.unified_reason);
}

}  // namespace

void Compiler::await_cgroups() {
  if (std::exchange(awaited_cgroups, true)) return;
  plan.inside.push_back(plain_step(Op::await));
  if (isolates("cgroup")) plan.inside.push_back({.op = Op::unshare, .unshare = {CLONE_NEWCGROUP}});
}

void Compiler::cgroups() {
  Groups groups{*this};
  check_devices(spec, facts, groups.rules, groups.dirs);
  warn_of_kernel_memory(*this);
  if (!groups.dirs.unified.empty()) {
    groups.make_v2();
    groups.filter_devices();
  }
  const std::vector<std::string> made = groups.make_v1();
  if (const auto devices = groups.dirs.v1.find("devices"); devices != groups.dirs.v1.end())
    for (const DeviceLine& line : device_lines(groups.rules))
      groups.write({"devices", "linux.resources.devices", line.file, line.value});
  for (const Setting& s : groups.settings) groups.write(s);
  if (!groups.dirs.unified.empty()) groups.give();
  for (const std::string& dir : made)
    plan.after.push_back({.op = Op::enter_cgroup, .enter_cgroup = {plan.text(dir + "/tasks")}});
}

}  // namespace containerlib::sandbox
