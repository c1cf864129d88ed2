#include "sandbox/execute_outside.hpp"

#include <sys/socket.h>

#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute_cgroups.hpp"
#include "sandbox/proc_path.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::uint64_t ms_private = 1 << 18;  // <sys/mount.h>

int open_tree(Launch& l, const OpenTree& s) {
  unsigned flags = sys::open_tree_clone | (s.recursive ? sys::at_recursive : 0);
  long tree = sys::open_tree(AT_FDCWD, l.plan.str(s.path), flags);
  if (tree < 0) return static_cast<int>(tree);
  l.slots[s.out] = static_cast<int>(tree);
  sys::mount_attr attr;
  attr.attr_set = s.flags;
  // A copy of a shared mount is its peer: what the container mounts below would come to the host.
  attr.propagation = ms_private;
  return static_cast<int>(sys::mount_setattr(
      l.slots[s.out], "", AT_EMPTY_PATH | (s.recursive ? sys::at_recursive : 0), attr));
}

int idmap_tree(int tree, bool recursive, int pid) {
  int user = ::open(ProcPath(pid, "/ns/user").text, O_RDONLY | O_CLOEXEC);
  if (user < 0) return -errno;
  sys::mount_attr attr;
  attr.attr_set = sys::mount_idmap;
  attr.userns_fd = static_cast<std::uint64_t>(user);
  long r = sys::mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? sys::at_recursive : 0), attr);
  ::close(user);
  return static_cast<int>(r);
}

int set_oom_score(int pid, int value) {
  char digits[8];
  std::size_t n = 0;
  if (value < 0) digits[n++] = '-';
  int rest = value < 0 ? -value : value;
  for (int unit = 1000; unit; unit /= 10)
    if (rest >= unit || unit == 1) digits[n++] = static_cast<char>('0' + rest / unit % 10);
  return write_to(ProcPath(pid, "/oom_score_adj").text, digits, n);
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
    case Op::join_cgroup: return join_cgroup(str(s.join_cgroup.path), pid);
    case Op::deny_setgroups: return write_to(ProcPath(pid, "/setgroups").text, "deny", 4);
    case Op::write_id_map:
      return write_to(ProcPath(pid, s.write_id_map.groups ? "/gid_map" : "/uid_map").text,
                      str(s.write_id_map.map), s.write_id_map.map.size);
    case Op::idmap_tree: return idmap_tree(l.slots[s.idmap_tree.tree], s.idmap_tree.recursive, pid);
    case Op::oom_score: return set_oom_score(pid, s.oom_score.value);
    case Op::release: return release(l, pid);
    default: return -EINVAL;
  }
}

}  // namespace

int release(const Launch& l, int pid) {
  // EPIPE: it has ended by a failed step, of which its message tells.
  return ::send(l.process, &pid, sizeof pid, MSG_NOSIGNAL) < 0 && errno != EPIPE ? -errno : 0;
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
