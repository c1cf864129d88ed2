#include "sandbox/execute_outside.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <climits>
#include <cstring>
#include <initializer_list>

#include "linux/syscalls.hpp"
#include "sandbox/execute_hook.hpp"
#include "sandbox/execute_mounts.hpp"
#include "sandbox/execute_namespaces.hpp"
#include "sandbox/execute_netdevice.hpp"
#include "sandbox/execute_rdt.hpp"
#include "sandbox/execute_settings.hpp"
#include "sandbox/execute_trees.hpp"
#include "sandbox/proc_path.hpp"

namespace containerlib::sandbox {
namespace {

struct Path {
  char text[PATH_MAX];
  /// Copies `head` and `tail`; empty when they are too long.
  Path(const char* head, std::size_t size, const char* tail) {
    const std::size_t more = std::strlen(tail) + 1;
    text[0] = '\0';
    if (size + more > sizeof text) return;
    std::memcpy(text, head, size);
    std::memcpy(text + size, tail, more);
  }
};

std::size_t parent_size(const char* path) {
  return static_cast<std::size_t>(std::strrchr(path, '/') - path);
}

int write_to(const char* path, const char* value, std::size_t size) {
  int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = ::write(fd, value, size) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

/// Bytes read, 0 for an empty or missing file.
std::size_t read_from(const char* path, char* out, std::size_t size) {
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = ::read(fd, out, size);
  ::close(fd);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

/// Hands all controllers of a new v2 group on to its sub-groups; v1 has no such file.
void enable_controllers(const char* group) {
  char have[256], want[512];
  const std::size_t length = std::strlen(group);
  std::size_t size = read_from(Path(group, length, "/cgroup.controllers").text, have, sizeof have);
  std::size_t n = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (have[i] != '\n' && (i == 0 || have[i - 1] == ' ')) want[n++] = '+';
    want[n++] = have[i];
  }
  if (n) write_to(Path(group, length, "/cgroup.subtree_control").text, want, n);
}

int make_cgroup(const char* path) {
  // The group of all containers goes with the last of them, perhaps between these two calls.
  for (int tries = 0; tries < 16; ++tries) {
    if (::mkdir(path, 0755) == 0) return 0;
    if (errno != ENOENT) return -errno;
    Path parent(path, parent_size(path), "");
    if (::mkdir(parent.text, 0755) == 0) {
      enable_controllers(parent.text);
    } else if (errno != EEXIST) {
      return -errno;
    }
  }
  return -ENOENT;
}

/// cpuset.cpus and cpuset.mems of a v1 group from its parent, when it has none (cpusets(7)).
int inherit_cpuset(const char* group) {
  const std::size_t size = std::strlen(group), up = parent_size(group);
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    char value[4096];
    std::size_t own = read_from(Path(group, size, file).text, value, sizeof value);
    if (own > 1) continue;  // more than a newline
    std::size_t n = read_from(Path(group, up, file).text, value, sizeof value);
    if (int r = write_to(Path(group, size, file).text, value, n); r < 0) return r;
  }
  return 0;
}

int init_cpuset(const char* path) {
  int r = inherit_cpuset(Path(path, parent_size(path), "").text);
  return r < 0 ? r : inherit_cpuset(path);
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

int raise_rlimit(int pid, const SetRlimit& s) {
  rlimit limit{};
  if (long r = sys::raw(SYS_prlimit64, pid, s.resource, nullptr, &limit); r < 0)
    return static_cast<int>(r);
  limit.rlim_max = s.hard;
  return static_cast<int>(sys::raw(SYS_prlimit64, pid, s.resource, &limit, nullptr));
}

int join_cgroup(const char* procs, int pid) {
  const ProcPath digits("", pid, "");
  return write_to(procs, digits.text, std::strlen(digits.text));
}

/// `pid`: the new process, in the `after` steps.
int run(Launch& l, const Step& s, int pid) {
  const auto str = [&](Text t) { return l.plan.str(t); };
  switch (s.op) {
    case Op::make_cgroup: return make_cgroup(str(s.make_cgroup.path));
    case Op::init_cpuset: return init_cpuset(str(s.init_cpuset.path));
    case Op::write_file: {
      int r = write_to(str(s.write_file.path), str(s.write_file.value), s.write_file.value.size);
      return r == -ENOENT && s.write_file.optional ? 0 : r;
    }
    case Op::open_tree: return open_tree(l, s.open_tree);
    case Op::open_namespace: return open_namespace(l, s.open_namespace);
    case Op::open_proc: return open_proc(l, s.open_proc);
    case Op::set_mount_flags: return set_mount_flags(l, s.set_mount_flags);
    case Op::make_user_namespace: return make_user_namespace(l, s.make_user_namespace);
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
