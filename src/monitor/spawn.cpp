#include "monitor/spawn.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/sealed_program.hpp"
#include "linux/syscalls.hpp"
#include "monitor/program.hpp"

// This file is compiled without sanitizers: two functions run in processes that share the host's
// memory, where instrumentation would see two threads of execution as one.
/// clone(2) of the C library under the name that ThreadSanitizer does not intercept: its
/// interceptor takes every clone for a fork.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);

namespace containerlib::monitor {
namespace {

/// _exit(2) that no sanitizer's interceptor sees: the memory is the host's.
[[noreturn]] void leave(int status) {
  for (;;) sys::raw(SYS_exit_group, status);
}

constexpr int control_fd = 3;
constexpr std::size_t stack_size = 64 * 1024;

struct Start {
  int program, socket;
  char* inner_stack;
  volatile int error;
};

/// In the process that becomes the monitor. Shares the host's memory until execveat.
int become_monitor(void* argument) {
  auto* start = static_cast<Start*>(argument);
  // Out of the way of 0 to 3 first: the host may have closed its standard streams.
  long program = sys::raw(SYS_fcntl, start->program, F_DUPFD_CLOEXEC, 10);
  long socket = sys::raw(SYS_fcntl, start->socket, F_DUPFD_CLOEXEC, 10);
  long null = sys::raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
  long error = program < 0 ? program : socket < 0 ? socket : null < 0 ? null : 0;
  for (long fd = 0; fd < control_fd && error >= 0; ++fd)
    // dup3 refuses equal descriptors; then only the flag is in the way.
    error = null == fd ? sys::raw(SYS_fcntl, null, F_SETFD, 0) : sys::raw(SYS_dup3, null, fd, 0);
  if (error >= 0) error = sys::raw(SYS_dup3, socket, control_fd, 0);
  if (error >= 0 && !broken("SEC-22-descriptors"))
    error = sys::close_range(control_fd + 1, ~0u, CLOSE_RANGE_CLOEXEC);
  if (error >= 0) {
    const char* args[] = {"containerlib-monitor", nullptr};
    const char* nothing[] = {nullptr};
    const auto* env = broken("SEC-48") ? const_cast<const char**>(environ) : nothing;
    error = sys::raw(SYS_execveat, program, "", args, env, AT_EMPTY_PATH);
  }
  start->error = static_cast<int>(-error);
  leave(1);
}

/// In the short-lived process whose child the monitor is.
int start_and_leave(void* argument) {
  auto* start = static_cast<Start*>(argument);
  if (::__clone(become_monitor, start->inner_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, start) < 0)
    start->error = errno;
  leave(0);
}

class Stacks {
 public:
  Stacks() {
    memory_ = ::mmap(nullptr, 2 * stack_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory_ == MAP_FAILED) throw_errno(errno, "allocate stack", "monitor");
  }
  ~Stacks() { ::munmap(memory_, 2 * stack_size); }
  Stacks(const Stacks&) = delete;
  char* inner() const { return static_cast<char*>(memory_) + stack_size; }
  char* outer() const { return static_cast<char*>(memory_) + 2 * stack_size; }

 private:
  void* memory_;
};

}  // namespace

Fd spawn_monitor() {
  Fd program = sys::sealed_program("monitor", monitor_program());
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    throw_errno(errno, "make socket pair", "monitor");
  Fd theirs(pair[1]);
  // Out of the way of what the host writes to standard streams that it has closed.
  Fd ours(::fcntl(Fd(pair[0]).get(), F_DUPFD_CLOEXEC, 3));
  if (!ours) throw_errno(errno, "make socket pair", "monitor");
  Stacks stacks;
  Start start{program.get(), theirs.get(), stacks.inner(), 0};

  // No handler of the host may run in a process that shares its memory.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int pid = ::__clone(start_and_leave, stacks.outer(), CLONE_VM | CLONE_VFORK, &start);
  int error = pid < 0 ? errno : 0;
  // Exit signal 0: only a wait with __WALL (or __WCLONE) sees it.
  if (pid > 0) ::waitpid(pid, nullptr, __WALL);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!error) error = start.error;
  if (error) throw_errno(error, "start monitor", "");
  return ours;
}

}  // namespace containerlib::monitor
