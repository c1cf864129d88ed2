#include "sandbox/execute/outside.hpp"
#include "linux/message.hpp"

#include <sys/socket.h>

#include <cstring>
#include <iterator>

#include "linux/syscalls.hpp"
#include "sandbox/execute/cgroups.hpp"
#include "sandbox/execute/hook.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/namespaces.hpp"
#include "sandbox/execute/netdevice.hpp"
#include "sandbox/execute/proc_path.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/rdt.hpp"
#include "sandbox/execute/seccomp.hpp"
#include "sandbox/execute/settings.hpp"
#include "sandbox/execute/trees.hpp"

namespace containerlib::sandbox {
namespace {

int set_oom_score(int pid, int value) {
  char digits[8];
  std::size_t n = 0;
  if (value < 0) digits[n++] = '-';
  int rest = value < 0 ? -value : value;
  for (int unit = 1000; unit; unit /= 10)
    if (rest >= unit || unit == 1) digits[n++] = static_cast<char>('0' + rest / unit % 10);
  return write_to(ProcPath(pid, "/oom_score_adj").text, digits, n);
}

int raise_rlimit(int pid, const SetRlimit& s) {
  rlimit limit{};
  if (long r = sys::raw(SYS_prlimit64, pid, s.resource, nullptr, &limit); r < 0)
    return static_cast<int>(r);
  limit.rlim_max = s.hard;
  return static_cast<int>(sys::raw(SYS_prlimit64, pid, s.resource, &limit, nullptr));
}

int open_group(Launch& l, const char* tasks) {
  if (l.group_count == static_cast<int>(std::size(l.groups))) return -E2BIG;
  const int fd = ::open(tasks, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  l.groups[l.group_count++] = fd;
  return 0;
}

/// `pid`: the new process, in the `after` steps.
int run(Launch& l, const Step& s, int pid) {
  const auto str = [&](Text t) { return l.plan.str(t); };
  switch (s.op) {
    case Op::make_cgroup: return make_cgroup(str(s.make_cgroup.path), s.make_cgroup.may_exist);
    case Op::enable_controllers: return enable_controllers(l, s.enable_controllers);
    case Op::init_cpuset: return init_cpuset(str(s.init_cpuset.path));
    case Op::write_file: return write_setting(l, s.write_file);
    case Op::filter_devices: return filter_devices(l, s.filter_devices);
    case Op::give_cgroup: return give_cgroup(str(s.give_cgroup.group), s.give_cgroup.uid);
    case Op::open_tree: return open_tree(l, s.open_tree);
    case Op::make_fs: return make_fs(l, s.make_fs);
    case Op::open_namespace: return open_namespace(l, s.open_namespace);
    case Op::connect_listener: return connect_listener(l, str(s.connect_listener.path));
    case Op::open_proc: return open_proc(l, s.open_proc);
    case Op::set_mount_flags: return set_mount_flags(l, s.set_mount_flags);
    case Op::make_user_namespace: return make_user_namespace(l, s.make_user_namespace);
    case Op::enter_cgroup: return open_group(l, str(s.enter_cgroup.tasks));
    case Op::join_cgroup: return join_cgroup(str(s.join_cgroup.path), pid);
    case Op::deny_setgroups: return write_to(ProcPath(pid, "/setgroups").text, "deny", 4);
    case Op::write_id_map:
      return write_to(ProcPath(pid, s.write_id_map.groups ? "/gid_map" : "/uid_map").text,
                      str(s.write_id_map.map), s.write_id_map.map.size);
    case Op::run_id_tool: return run_id_tool(l, s.run_id_tool, pid);
    case Op::idmap_tree: return idmap_tree(l, s.idmap_tree, pid);
    case Op::oom_score: return set_oom_score(pid, s.oom_score.value);
    case Op::raise_rlimit: return raise_rlimit(pid, s.set_rlimit);
    case Op::move_netdevice: return move_netdevice(l, s.move_netdevice, pid);
    case Op::make_rdt_group: return make_rdt_group(l, s.make_rdt_group);
    case Op::make_monitor_group: return make_monitor_group(str(s.make_rdt_group.path));
    case Op::release: return release(l, pid);
    case Op::expect: return expect(l);
    case Op::run_hook: return run_hook(l, s.run_hook, pid);
    default: return -EINVAL;
  }
}

}  // namespace

void close_all(Launch& l) {
  for (int slot : l.slots)
    if (slot >= 0) ::close(slot);
  for (; l.group_count > 0; --l.group_count) ::close(l.groups[l.group_count - 1]);
}

int release(Launch& l, int pid) {
  // EPIPE: it has ended by a failed step, of which its message tells.
  const long sent = sys::send_message(l.process, &pid, sizeof pid, l.groups, l.group_count);
  for (; l.group_count > 0; --l.group_count) ::close(l.groups[l.group_count - 1]);
  return sent < 0 && sent != -EPIPE ? static_cast<int>(sent) : 0;
}

Failure execute_before(Launch& l) {
  for (std::uint32_t i = 0; i < l.plan.header->before; ++i)
    if (int r = run(l, l.plan.before()[i], 0); r < 0) return {i, -r};
  return {};
}

Failure execute_after(Launch& l, int pid) {
  for (std::uint32_t i = 0; i < l.plan.header->after; ++i)
    if (int r = run(l, l.plan.after()[i], pid); r < 0) return {l.plan.header->before + i, -r};
  return {};
}

}  // namespace containerlib::sandbox
