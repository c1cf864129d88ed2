#include "sandbox/execute/seccomp.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <atomic>
#include <climits>
#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"

namespace containerlib::sandbox {
namespace {

int load(const Launch& l, const LoadSeccomp& s) {
  sock_fprog filter{};
  filter.len = static_cast<unsigned short>(s.program.size / sizeof(sock_filter));
  filter.filter = reinterpret_cast<sock_filter*>(const_cast<char*>(l.plan.str(s.program)));
  return static_cast<int>(sys::raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, s.flags, &filter));
}

/// The state's pieces with the process's id between them.
struct State {
  iovec parts[16];
  std::size_t count = 0;

  /// False: too many pieces.
  bool add(const char* text, std::size_t size) {
    if (count == sizeof parts / sizeof parts[0]) return false;
    parts[count++] = {const_cast<char*>(text), size};
    return true;
  }
  bool fill(const char* text, std::size_t size, const ProcPath& pid) {
    for (;;) {
      const std::size_t piece = ::strnlen(text, size);
      if (!add(text, piece)) return false;
      if (piece == size) return true;
      if (!add(pid.text, std::strlen(pid.text))) return false;
      text += piece + 1;
      size -= piece + 1;
    }
  }
  std::size_t drop(std::size_t sent) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t gone = sent < parts[i].iov_len ? sent : parts[i].iov_len;
      parts[i].iov_base = static_cast<char*>(parts[i].iov_base) + gone;
      parts[i].iov_len -= gone;
      sent -= gone;
      left += parts[i].iov_len;
    }
    return left;
  }
};

/// In one message, as agents expect it, unless a signal interrupts that.
int send_state(int socket, State& state, int listener) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = state.parts;
  message.msg_iovlen = state.count;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  for (;;) {
    const long sent = sys::raw(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
    if (sent == -EINTR) continue;
    if (sent < 0) return static_cast<int>(sent);
    if (state.drop(static_cast<std::size_t>(sent)) == 0) return 0;
    message.msg_control = nullptr;
    message.msg_controllen = 0;
  }
}

constexpr int pending = INT_MIN;

/// What the process and its sender share.
struct Sending {
  State state;
  int socket = -1;
  std::atomic<int> listener{pending};  ///< what seccomp(2) has returned
  std::atomic<int> result{pending};    ///< 0 or -errno
};

int run_sender(void* data) {
  Sending& s = *static_cast<Sending*>(data);
  int listener;
  while ((listener = s.listener.load(std::memory_order_acquire)) == pending)
    sys::raw(SYS_sched_yield);
  const int result = listener < 0 ? listener : send_state(s.socket, s.state, listener);
  if (listener >= 0) sys::raw(SYS_close, listener);
  sys::raw(SYS_close, s.socket);
  s.result.store(result, std::memory_order_release);
  return 0;  // ends this thread only
}

alignas(16) char sender_stack[16384];

/// A thread, which the filter does not concern: it is made before, and a filter is of the thread
/// that loads it. No other process, which the program would find among its children.
int start_sender(Sending& s) {
  constexpr int flags =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  return ::clone(run_sender, sender_stack + sizeof sender_stack, flags, &s) < 0 ? -errno : 0;
}

/// From the filter on, this thread can make no system call: it might be killed for it, or stopped
/// until the agent answers, who has no listener yet. So both threads wait by looking.
int load_and_send(const Launch& l, const LoadSeccomp& s) {
  static Sending sending;
  sending.socket = l.slots[listener_slot];
  const ProcPath pid("", l.host_pid, "");
  if (!sending.state.fill(l.plan.str(s.state), s.state.size, pid)) return -E2BIG;
  if (int r = start_sender(sending); r < 0) return r;
  sending.listener.store(load(l, s), std::memory_order_release);
  int result;
  while ((result = sending.result.load(std::memory_order_acquire)) == pending) {
  }
  return result;
}

}  // namespace

int connect_listener(Launch& l, const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return -ENAMETOOLONG;
  std::memcpy(address.sun_path, path, size);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  l.slots[listener_slot] = fd;
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ? -errno
                                                                                        : 0;
}

int load_seccomp(const Launch& l, const LoadSeccomp& s) {
  if (s.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) return load_and_send(l, s);
  return load(l, s);
}

}  // namespace containerlib::sandbox
