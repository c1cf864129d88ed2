#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::pair<std::uint64_t, const char*> attribute_names[] = {
    {sys::mount_rdonly, "ro"},
    {sys::mount_nosuid, "nosuid"},
    {sys::mount_nodev, "nodev"},
    {sys::mount_noexec, "noexec"},
    {sys::mount_noatime, "noatime"},
    {sys::mount_strictatime, "strictatime"},
    {sys::mount_nodiratime, "nodiratime"},
    {sys::mount_nosymfollow, "nosymfollow"}};

std::string flag_names(std::uint64_t flags) {
  std::string out;
  for (auto [bit, name] : attribute_names)
    if (flags & bit) out += (out.empty() ? "" : ",") + std::string(name);
  return out.empty() ? "rw" : out;
}

/// "ro,-noexec": set, and cleared.
std::string change_names(std::uint64_t set, std::uint64_t clear, bool recursive) {
  std::string out;
  for (auto [bit, name] : attribute_names) {
    if (set & bit) out += std::string(out.empty() ? "" : ",") + name;
    if (clear & ~set & bit) out += std::string(out.empty() ? "-" : ",-") + name;
  }
  return out + (recursive ? " recursive" : "");
}

char type_letter(std::uint32_t type) { return type == S_IFIFO ? 'p' : type == S_IFBLK ? 'b' : 'c'; }

const char* propagation_name(std::uint64_t type) {
  switch (type) {
    case sys::propagate_shared: return "shared";
    case sys::propagate_slave: return "slave";
    case sys::propagate_unbindable: return "unbindable";
    default: return "private";
  }
}

std::string namespace_names(std::uint64_t flags) {
  static constexpr std::pair<std::uint64_t, const char*> names[] = {
      {CLONE_NEWUSER, "user"},     {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
      {CLONE_NEWNET, "net"},       {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
      {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"}};
  std::string out;
  for (auto [bit, name] : names)
    if (flags & bit) out += (out.empty() ? "" : ",") + std::string(name);
  return out;
}

/// A list's items joined by blanks; line ends in maps and values become commas.
std::string shown(const LaunchPlan& plan, Text t) {
  std::string out(plan.view(t));
  std::replace(out.begin(), out.end(), '\0', ' ');
  while (!out.empty() && out.back() == '\n') out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ',');
  return printable(out, 4096);
}

/// An array of unsigned long, in hexadecimal with the lowest word first.
std::string bits(const LaunchPlan& plan, Text t) {
  const std::string_view bytes = plan.view(t);
  std::string out;
  for (std::size_t at = 0; at + sizeof(unsigned long) <= bytes.size();
       at += sizeof(unsigned long)) {
    unsigned long word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    out += fmt::format("{}{:#x}", out.empty() ? "" : ",", word);
  }
  return out;
}

/// Operation and subject; the rest of a printed line is in detail_of().
StepName name_step(const LaunchPlan& plan, const Step& s) {
  const auto text = [&](Text t) { return shown(plan, t); };
  switch (s.op) {
    case Op::make_cgroup:
      return {s.make_cgroup.may_exist ? "make or reuse cgroup" : "make cgroup",
              text(s.make_cgroup.path)};
    case Op::enable_controllers: {
      const Text named = s.enable_controllers.needed.size ? s.enable_controllers.needed
                                                          : s.enable_controllers.wanted;
      return {"enable cgroup controllers " + text(named) + " in", text(s.enable_controllers.group)};
    }
    case Op::init_cpuset: return {"initialise cpuset", text(s.init_cpuset.path)};
    case Op::open_namespace:
      return {"open " + namespace_names(s.open_namespace.flag) + " namespace",
              fmt::format("{} ({})", text(s.open_namespace.path), text(s.open_namespace.field))};
    case Op::open_proc: return {"open a procfs", ""};
    case Op::raise_rlimit: return {"raise rlimit", fmt::format("{}", s.set_rlimit.resource)};
    case Op::move_netdevice:
      return {"move network device", text(s.move_netdevice.name) + " (linux.netDevices)"};
    case Op::make_rdt_group:
      return {s.make_rdt_group.existing ? "find resctrl group" : "make resctrl group",
              text(s.make_rdt_group.path) + " (linux.intelRdt)"};
    case Op::make_monitor_group:
      return {"make monitoring group", text(s.make_rdt_group.path) + " (linux.intelRdt)"};
    case Op::open_tree:
      return {s.open_tree.field.size ? "open " + text(s.open_tree.field) : "open tree",
              text(s.open_tree.path)};
    case Op::make_user_namespace:
      return {"make user namespace", text(s.make_user_namespace.uid_map)};
    case Op::write_file:
      return {s.write_file.field.size ? "apply " + text(s.write_file.field) + " to" : "write",
              text(s.write_file.path)};
    case Op::filter_devices: return {"filter devices of", text(s.filter_devices.group)};
    case Op::give_cgroup: return {"give cgroup", text(s.give_cgroup.group)};
    case Op::enter_cgroup: return {"enter cgroup by", text(s.enter_cgroup.tasks)};
    case Op::join_cgroup: return {"join cgroup", text(s.join_cgroup.path)};
    case Op::deny_setgroups: return {"deny setgroups", ""};
    case Op::write_id_map:
      return {s.write_id_map.groups ? "write gid map" : "write uid map", text(s.write_id_map.map)};
    case Op::run_id_tool:
      return {"map ids by " + text(s.run_id_tool.path), text(s.run_id_tool.ids)};
    case Op::idmap_tree: return {"shift ownership of", text(s.idmap_tree.path)};
    case Op::oom_score:
      return {"set oom_score_adj", fmt::format("{} (process.oomScoreAdj)", s.oom_score.value)};
    case Op::release: return {"let the process go on", ""};
    case Op::expect: return {"await the process's mounts", ""};
    case Op::announce: return {"tell that all is mounted", ""};
    case Op::run_hook: return {"run " + text(s.run_hook.field), text(s.run_hook.path)};
    case Op::await: return {"await the monitor, and enter groups", ""};
    case Op::await_start: return {"await start", ""};
    case Op::find_program: return {"find", text(s.execute.args)};
    case Op::unshare: return {"unshare", namespace_names(s.unshare.flags)};
    case Op::time_offsets: return {"unshare time", text(s.time_offsets.offsets)};
    case Op::private_mounts: return {"make mounts private", "/"};
    case Op::attach: return {"attach tree", fmt::format("#{}", s.attach.tree)};
    case Op::attach_at:
      return {"attach tree", fmt::format("#{} at {}", s.attach_at.tree, text(s.attach_at.path))};
    case Op::detach: return {"detach tree", ""};
    case Op::enter: return {"enter", text(s.enter.path)};
    case Op::make_fs: return {"mount " + text(s.make_fs.type), text(s.make_fs.target)};
    case Op::reconfigure_fs: return {"remount", text(s.reconfigure_fs.target)};
    case Op::copy_up: return {"copy up", text(s.copy_up.target)};
    case Op::make_overlay: return {"mount overlay", text(s.make_overlay.upper)};
    case Op::mount_into: return {"mount at", text(s.mount_into.target)};
    case Op::mount_below: return {"mount at", text(s.mount_below.target)};
    case Op::bind_device: return {"bind device", text(s.bind_device.target)};
    case Op::make_symlink: return {"make symlink", text(s.make_symlink.path)};
    case Op::make_device: return {"make device", text(s.make_device.place.path)};
    case Op::make_link: return {"make symlink", text(s.make_link.place.path)};
    case Op::mask_path: return {"mask", text(s.mask_path.place.path)};
    case Op::readonly_path: return {"make read-only", text(s.readonly_path.place.path)};
    case Op::set_mount_flags: return {"set mount flags of", text(s.set_mount_flags.target)};
    case Op::set_propagation: return {"set propagation of", text(s.set_propagation.target)};
    case Op::terminal: return {"open terminal", ""};
    case Op::pivot: return {"pivot root", ""};
    case Op::change_root: return {"change root", ""};
    case Op::set_hostname: return {"set host name", text(s.set_hostname.name)};
    case Op::set_domainname: return {"set domain name", text(s.set_hostname.name)};
    case Op::loopback_up: return {"bring up", "lo"};
    case Op::new_keyring: return {"join new session keyring", text(s.new_keyring.name)};
    case Op::restore_limits: return {"restore the host's limits", ""};
    case Op::set_rlimit: return {"set rlimit", fmt::format("{}", s.set_rlimit.resource)};
    case Op::set_scheduler: return {"set", "process.scheduler"};
    case Op::set_io_priority: return {"set", "process.ioPriority"};
    case Op::set_affinity: return {"set", text(s.set_affinity.field)};
    case Op::set_memory_policy: return {"set", "linux.memoryPolicy"};
    case Op::set_personality: return {"set", "linux.personality"};
    case Op::set_sysctl: return {"set", text(s.set_sysctl.key)};
    case Op::write_label: return {"set", text(s.write_label.field)};
    case Op::set_umask: return {"set umask", fmt::format("{:04o}", s.set_umask.mask)};
    case Op::change_dir: return {"change directory", text(s.change_dir.path)};
    case Op::drop_bounding: return {"drop capabilities from bounding set", ""};
    case Op::set_groups:
      return {"set groups", fmt::format("{} gids", s.set_groups.gids.size / sizeof(gid_t))};
    case Op::set_ids: return {"set ids", fmt::format("{}:{}", s.set_ids.uid, s.set_ids.gid)};
    case Op::set_capabilities: return {"set capabilities", ""};
    case Op::no_new_privileges: return {"set no_new_privs", ""};
    case Op::connect_listener: return {"connect to seccomp agent", text(s.connect_listener.path)};
    case Op::make_landlock: return {"make Landlock rules", ""};
    case Op::allow_path: return {"let Landlock allow", text(s.allow_path.path)};
    case Op::allow_port: return {"let Landlock allow", fmt::format("port {}", s.allow_port.port)};
    case Op::enter_landlock: return {"enter Landlock domain", ""};
    case Op::load_seccomp: return {"load seccomp filter", ""};
    case Op::execute: {
      std::string_view args = plan.view(s.execute.args);
      return {"execute", printable(args.substr(0, args.find('\0')))};
    }
  }
  return {"?", ""};
}

std::string detail_of(const LaunchPlan& plan, const Step& s) {
  const auto text = [&](Text t) { return shown(plan, t); };
  switch (s.op) {
    case Op::write_file:
      return "= " + text(s.write_file.value) + (s.write_file.optional ? " (if present)" : "") +
             (s.write_file.other_path.size
                  ? fmt::format(" or {} = {}", text(s.write_file.other_path),
                                text(s.write_file.other_value))
                  : "");
    case Op::enable_controllers:
      return s.enable_controllers.needed.size && s.enable_controllers.wanted.size
                 ? "(wanted: " + text(s.enable_controllers.wanted) + ")"
                 : "";
    case Op::filter_devices:
      return fmt::format("{} instructions", s.filter_devices.program.size / 8);
    case Op::give_cgroup: return fmt::format("to {}", s.give_cgroup.uid);
    case Op::open_tree:
      return fmt::format("{}{}{} -> #{}", propagation_name(s.open_tree.propagation),
                         s.open_tree.recursive ? " recursive" : "",
                         s.open_tree.procfs ? " procfs" : "", s.open_tree.out);
    case Op::open_namespace: return fmt::format("-> #{}", s.open_namespace.out);
    case Op::run_hook:
      return s.run_hook.timeout ? fmt::format("within {} s", s.run_hook.timeout) : "";
    case Op::raise_rlimit: return fmt::format("to {}", s.set_rlimit.hard);
    case Op::move_netdevice: return "as " + text(s.move_netdevice.new_name);
    case Op::make_rdt_group: return text(s.make_rdt_group.schemata);
    case Op::set_scheduler:
      return fmt::format("policy={} nice={} priority={} flags={:#x} {}/{}/{}",
                         s.set_scheduler.policy, s.set_scheduler.nice, s.set_scheduler.priority,
                         s.set_scheduler.flags, s.set_scheduler.runtime, s.set_scheduler.deadline,
                         s.set_scheduler.period);
    case Op::set_io_priority: return fmt::format("{:#x}", s.set_io_priority.value);
    case Op::set_affinity: return bits(plan, s.set_affinity.cpus);
    case Op::set_memory_policy:
      return fmt::format("{:#x} {}", s.set_memory_policy.mode,
                         bits(plan, s.set_memory_policy.nodes));
    case Op::set_personality: return fmt::format("{:#x}", s.set_personality.persona);
    case Op::set_sysctl: return "= " + text(s.set_sysctl.value);
    case Op::write_label: return text(s.write_label.value);
    case Op::make_user_namespace:
      return fmt::format("/ {} -> #{}", text(s.make_user_namespace.gid_map),
                         s.make_user_namespace.out);
    case Op::idmap_tree:
      return fmt::format(
          "in #{}{}{}", s.idmap_tree.tree, s.idmap_tree.recursive ? " recursive" : "",
          s.idmap_tree.user == no_slot ? "" : fmt::format(" by #{}", s.idmap_tree.user));
    case Op::enter: return fmt::format("in #{}", s.enter.tree);
    case Op::make_fs:
      return fmt::format("{}{}{} -> #{}", text(s.make_fs.options),
                         s.make_fs.options.size ? " " : "", flag_names(s.make_fs.flags),
                         s.make_fs.out);
    case Op::reconfigure_fs:
      return fmt::format("in #{} {}", s.reconfigure_fs.tree, text(s.reconfigure_fs.options));
    case Op::copy_up:
      return fmt::format("in #{}{}{}{}", s.copy_up.tree, s.copy_up.mode ? " mode" : "",
                         s.copy_up.owner ? " owner" : "", s.copy_up.content ? " content" : "");
    case Op::make_overlay:
      return fmt::format("over {} {}{} -> #{}", text(s.make_overlay.lowers),
                         flag_names(s.make_overlay.flags),
                         s.make_overlay.unsynced ? ",volatile" : "", s.make_overlay.out);
    case Op::mount_into: return fmt::format("<- #{}", s.mount_into.tree);
    case Op::mount_below:
      return fmt::format("in #{} <- #{}", s.mount_below.dir, s.mount_below.tree);
    case Op::bind_device:
      return fmt::format("in #{} <- {} ({}:{})", s.bind_device.dir, text(s.bind_device.source),
                         s.bind_device.major, s.bind_device.minor);
    case Op::make_symlink:
      return fmt::format("in #{} -> {}", s.make_symlink.dir, text(s.make_symlink.target));
    case Op::make_device:
      return fmt::format("{} {}:{} {:04o} of {}:{}", type_letter(s.make_device.type),
                         s.make_device.major, s.make_device.minor, s.make_device.mode,
                         s.make_device.uid, s.make_device.gid);
    case Op::make_link:
      return fmt::format("-> {}{}", text(s.make_link.target),
                         s.make_link.replace ? " (replaces)" : "");
    case Op::set_mount_flags:
      return fmt::format("in #{} {}", s.set_mount_flags.tree,
                         change_names(s.set_mount_flags.flags, s.set_mount_flags.clear,
                                      s.set_mount_flags.recursive));
    case Op::set_propagation:
      return fmt::format("in #{} {}{}", s.set_propagation.tree,
                         propagation_name(s.set_propagation.type),
                         s.set_propagation.recursive ? " recursive" : "");
    case Op::terminal: return fmt::format("{}x{}", s.terminal.columns, s.terminal.rows);
    case Op::set_rlimit: return fmt::format("{}/{}", s.set_rlimit.soft, s.set_rlimit.hard);
    case Op::drop_bounding: return fmt::format("but {:#x}", s.drop_bounding.keep);
    case Op::set_capabilities:
      return fmt::format("eff={:#x} prm={:#x} inh={:#x} amb={:#x}", s.set_capabilities.effective,
                         s.set_capabilities.permitted, s.set_capabilities.inheritable,
                         s.set_capabilities.ambient);
    case Op::make_landlock:
      return fmt::format("files={:#x} ports={:#x} scopes={:#x}", s.make_landlock.files,
                         s.make_landlock.ports, s.make_landlock.scopes);
    case Op::allow_path:
      return fmt::format("{:#x}{}", s.allow_path.access,
                         s.allow_path.optional ? " (if present)" : "");
    case Op::allow_port: return fmt::format("{:#x}", s.allow_port.access);
    case Op::load_seccomp:
      return fmt::format(
          "{} instructions{}{}", s.load_seccomp.program.size / 8,
          s.load_seccomp.flags ? fmt::format(", flags {:#x}", s.load_seccomp.flags) : "",
          s.load_seccomp.state.size ? ", state " + text(s.load_seccomp.state) : "");
    case Op::execute: {
      std::string args = text(s.execute.args);
      std::size_t blank = args.find(' ');
      return blank == std::string::npos ? "" : args.substr(blank + 1);
    }
    default: return "";
  }
}

}  // namespace

std::string print(const LaunchPlan& plan) {
  std::string out;
  int number = 0;
  const auto section = [&](const char* who, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      StepName name = name_step(plan, step);
      std::string detail = detail_of(plan, step);
      out += fmt::format("{:3} {:8} {}", number++, who, name.operation);
      for (const std::string& part : {name.subject, detail})
        if (!part.empty()) out += ' ' + part;
      out += '\n';
    }
  };
  section("monitor", plan.before);
  out += fmt::format("{:3} {:8} clone {}{}\n", "", "monitor",
                     namespace_names(plan.header.clone_flags | plan.header.join_flags),
                     plan.header.cgroup.size ? " into " + shown(plan, plan.header.cgroup) : "");
  section("monitor", plan.after);
  section("process", plan.inside);
  return out;
}

StepName name_of(const LaunchPlan& plan, std::uint32_t index) {
  const Step* step = plan.find(index);
  return step ? name_step(plan, *step) : StepName{"start process", ""};
}

}  // namespace containerlib::sandbox
