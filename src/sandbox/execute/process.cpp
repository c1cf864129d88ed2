#include "sandbox/execute/process.hpp"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstring>

#include "base/broken.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/root_path.hpp"
#include "sandbox/execute/run_program.hpp"

namespace containerlib::sandbox {

namespace {

/// Writes "0", this process, to each descriptor that came.
int enter_groups(const sys::Received& message) {
  int result = message.cut ? -EMFILE : 0;
  for (int i = 0; i < message.count; ++i) {
    if (result == 0 && ::write(message.fds[i], "0", 1) < 0) result = -errno;
    ::close(message.fds[i]);
  }
  return result;
}

}  // namespace

int await_release(Launch& l) {
  int pid = 0;
  // End of file: the runner is gone, or a step of its own has failed.
  const sys::Received message = sys::receive_message(l.status, &pid, sizeof pid);
  if (message.size < 0) return static_cast<int>(message.size);
  if (message.size != sizeof pid) return -ECANCELED;
  l.host_pid = pid;
  return enter_groups(message);
}

int await_start(Launch& l) {
  if (const long r = sys::send_message(l.status, "r", 1); r < 0) return static_cast<int>(r);
  ::close(l.status);
  l.status = -1;
  for (;;) {
    const int peer = ::accept4(l.start, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0 && errno != EINTR && errno != ECONNABORTED) return -errno;
    char go = 0;
    if (peer >= 0 && ::recv(peer, &go, 1, 0) == 1) {
      l.status = peer;
      ::close(l.start);
      return 0;
    }
    // Whoever wanted to start it has died before.
    if (peer >= 0) ::close(peer);
  }
}

int new_keyring(const char* name) {
  long r = sys::raw(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
  return r < 0 && r != -ENOSYS ? static_cast<int>(r) : 0;  // ENOSYS: a kernel without keys
}

int restore_limits(const Launch& l) {
  return l.files && ::setrlimit(RLIMIT_NOFILE, l.files) < 0 ? -errno : 0;
}

int set_rlimit(const SetRlimit& s) {
  rlimit limit{s.soft, s.hard};
  return ::setrlimit(static_cast<__rlimit_resource_t>(s.resource), &limit) < 0 ? -errno : 0;
}

int change_dir(Launch& l, const char* path) {
  const int root = l.slots[root_slot];
  if (broken("SEC-22-cwd")) return ::chdir(path) < 0 ? -errno : 0;
  if (broken("SEC-27")) {
    const char *const args[] = {"sh", "-c", "mkdir -p \"$PWD\"", nullptr}, *const env[] = {nullptr};
    run_program({.path = "/bin/sh", .args = args, .env = env});
  }
  // No magic link can lead out (SEC-22): the descriptor comes from openat2.
  int dir = l.plan.header->join_flags ? open_in_root(root, path, true)
                                      : make_in_root(root, path, true, true);
  if (dir < 0) return dir;
  int result = ::fchdir(dir) < 0 ? -errno : 0;
  ::close(dir);
  return result;
}

int drop_bounding(std::uint64_t keep) {
  for (int cap = 0; cap < 64; ++cap) {
    if (keep >> cap & 1) continue;
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) return errno == EINVAL ? 0 : -errno;
  }
  return 0;
}

int set_groups(const Launch& l, const SetGroups& s) {
  const long r = sys::raw(SYS_setgroups, s.gids.size / sizeof(gid_t), l.plan.str(s.gids));
  return r == -EPERM && s.optional ? 0 : static_cast<int>(r);
}

int set_ids(const SetIds& s) {
  // A change from 0 would clear the capabilities that set_capabilities is to choose from. Other
  // bits of the caller's would change what root can do in the container; without CAP_SETPCAP they
  // stay.
  if ((broken("SEC-29") || ::prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0) < 0) &&
      ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
    return -errno;
  if (long r = sys::raw(SYS_setresgid, s.gid, s.gid, s.gid); r < 0) return static_cast<int>(r);
  return static_cast<int>(sys::raw(SYS_setresuid, s.uid, s.uid, s.uid));
}

namespace {

/// A filter around us may answer for the kernel, so its "done" is no proof (SEC-29).
bool has_capabilities(const SetCapabilities& s) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  // Without no_new_privs the container's own filter is in force already, and may refuse to tell.
  if (sys::raw(SYS_capget, &header, data) < 0) return true;
  const auto both = [](std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low;
  };
  return both(data[0].effective, data[1].effective) == s.effective &&
         both(data[0].permitted, data[1].permitted) == s.permitted &&
         both(data[0].inheritable, data[1].inheritable) == s.inheritable;
}

}  // namespace

int set_capabilities(const SetCapabilities& s) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int i = 0; i < 2; ++i) {
    data[i].effective = static_cast<std::uint32_t>(s.effective >> 32 * i);
    data[i].permitted = static_cast<std::uint32_t>(s.permitted >> 32 * i);
    data[i].inheritable = static_cast<std::uint32_t>(s.inheritable >> 32 * i);
  }
  if (long r = sys::raw(SYS_capset, &header, data); r < 0) return static_cast<int>(r);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -errno;
  for (unsigned long cap = 0; cap < 64; ++cap)
    if (s.ambient >> cap & 1)
      if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) return -errno;
  // From here on a process of the container has all that this one has, which has our descriptors
  // up to execve; what setresuid(2) leaves depends on a sysctl, fs.suid_dumpable (SEC-20).
  if (::prctl(PR_SET_DUMPABLE, broken("SEC-20") ? 1 : 0, 0, 0, 0) < 0) return -errno;
  return has_capabilities(s) || broken("SEC-29") ? 0 : -ENOTRECOVERABLE;
}

int no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
  const bool done = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  return done || broken("SEC-29") ? 0 : -ENOTRECOVERABLE;
}

}  // namespace containerlib::sandbox
