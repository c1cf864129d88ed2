#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::sandbox {
namespace {

std::string flag_names(std::uint64_t flags) {
  static constexpr std::pair<std::uint64_t, const char*> names[] = {{sys::mount_rdonly, "ro"},
                                                                    {sys::mount_nosuid, "nosuid"},
                                                                    {sys::mount_nodev, "nodev"},
                                                                    {sys::mount_noexec, "noexec"}};
  std::string out;
  for (auto [bit, name] : names)
    if (flags & bit) out += (out.empty() ? "" : ",") + std::string(name);
  return out.empty() ? "rw" : out;
}

std::string namespace_names(std::uint64_t flags) {
  static constexpr std::pair<std::uint64_t, const char*> names[] = {
      {CLONE_NEWUSER, "user"},    {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
      {CLONE_NEWNET, "net"},      {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
      {CLONE_NEWCGROUP, "cgroup"}};
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
    case Op::write_file:
      return {s.write_file.field.size ? "apply " + text(s.write_file.field) + " to" : "write",
              text(s.write_file.path)};
    case Op::filter_devices: return {"filter devices of", text(s.filter_devices.group)};
    case Op::give_cgroup: return {"give cgroup", text(s.give_cgroup.group)};
    case Op::open_tree: return {"open tree", text(s.open_tree.path)};
    case Op::join_cgroup: return {"join cgroup", text(s.join_cgroup.path)};
    case Op::deny_setgroups: return {"deny setgroups", ""};
    case Op::write_id_map:
      return {s.write_id_map.groups ? "write gid map" : "write uid map", text(s.write_id_map.map)};
    case Op::idmap_tree: return {"shift ownership of", text(s.idmap_tree.path)};
    case Op::oom_score: return {"set oom_score_adj", fmt::format("{}", s.oom_score.value)};
    case Op::release: return {"let the process go on", ""};
    case Op::await: return {"await the monitor", ""};
    case Op::await_start: return {"await start", ""};
    case Op::find_program: return {"find", text(s.execute.args)};
    case Op::unshare: return {"unshare", namespace_names(s.unshare.flags)};
    case Op::private_mounts: return {"make mounts private", "/"};
    case Op::attach: return {"attach tree", fmt::format("#{}", s.attach.tree)};
    case Op::detach: return {"detach tree", ""};
    case Op::enter: return {"enter", text(s.enter.path)};
    case Op::make_fs: return {"mount " + text(s.make_fs.type), text(s.make_fs.options)};
    case Op::make_overlay: return {"mount overlay", text(s.make_overlay.upper)};
    case Op::mount_into: return {"mount at", text(s.mount_into.target)};
    case Op::mount_below: return {"mount at", text(s.mount_below.target)};
    case Op::bind_device: return {"bind device", text(s.bind_device.target)};
    case Op::make_symlink: return {"make symlink", text(s.make_symlink.path)};
    case Op::mask_path: return {"mask", text(s.mask_path.path)};
    case Op::readonly_path: return {"make read-only", text(s.readonly_path.path)};
    case Op::set_mount_flags:
      return {"set mount flags of", fmt::format("#{}", s.set_mount_flags.tree)};
    case Op::terminal: return {"open terminal", ""};
    case Op::pivot: return {"pivot root", ""};
    case Op::set_hostname: return {"set host name", text(s.set_hostname.name)};
    case Op::loopback_up: return {"bring up", "lo"};
    case Op::new_keyring: return {"join new session keyring", text(s.new_keyring.name)};
    case Op::restore_limits: return {"restore the host's limits", ""};
    case Op::set_rlimit: return {"set rlimit", fmt::format("{}", s.set_rlimit.resource)};
    case Op::set_umask: return {"set umask", fmt::format("{:04o}", s.set_umask.mask)};
    case Op::change_dir: return {"change directory", text(s.change_dir.path)};
    case Op::drop_bounding: return {"drop capabilities from bounding set", ""};
    case Op::set_groups:
      return {"set groups", fmt::format("{} gids", s.set_groups.gids.size / sizeof(gid_t))};
    case Op::set_ids: return {"set ids", fmt::format("{}:{}", s.set_ids.uid, s.set_ids.gid)};
    case Op::set_capabilities: return {"set capabilities", ""};
    case Op::no_new_privileges: return {"set no_new_privs", ""};
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
      return fmt::format("{}{} -> #{}", flag_names(s.open_tree.flags),
                         s.open_tree.recursive ? " recursive" : "", s.open_tree.out);
    case Op::idmap_tree: return fmt::format("in #{}", s.idmap_tree.tree);
    case Op::enter: return fmt::format("in #{}", s.enter.tree);
    case Op::make_fs: return fmt::format("{} -> #{}", flag_names(s.make_fs.flags), s.make_fs.out);
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
    case Op::set_mount_flags: return flag_names(s.set_mount_flags.flags);
    case Op::terminal: return fmt::format("{}x{}", s.terminal.columns, s.terminal.rows);
    case Op::set_rlimit: return fmt::format("{}/{}", s.set_rlimit.soft, s.set_rlimit.hard);
    case Op::drop_bounding: return fmt::format("but {:#x}", s.drop_bounding.keep);
    case Op::set_capabilities:
      return fmt::format("eff={:#x} prm={:#x} inh={:#x} amb={:#x}", s.set_capabilities.effective,
                         s.set_capabilities.permitted, s.set_capabilities.inheritable,
                         s.set_capabilities.ambient);
    case Op::load_seccomp: return fmt::format("{} instructions", s.load_seccomp.program.size / 8);
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
