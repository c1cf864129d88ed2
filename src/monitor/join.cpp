#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "linux/syscalls.hpp"
#include "monitor/start.hpp"

// exec: a process in the namespaces of another one.
namespace containerlib::monitor {
namespace {

bool same_user_namespace(int pid) {
  struct stat own, other;
  char path[64] = "/proc/";
  std::size_t n = 6 + format(path + 6, pid);
  std::memcpy(path + n, "/ns/user", 9);
  return ::stat("/proc/self/ns/user", &own) == 0 && ::stat(path, &other) == 0 &&
         own.st_ino == other.st_ino;
}

int pid_of(int pidfd) {
  char path[64] = "/proc/self/fdinfo/";
  path[18 + format(path + 18, pidfd)] = '\0';
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char text[512] = {};
  ssize_t got = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  const char* line = got > 0 ? std::strstr(text, "\nPid:") : nullptr;
  return line ? std::atoi(line + 5) : -1;
}

/// In a process between: joins the namespaces, makes the process that lives in them as a child of
/// the monitor, and ends. A pid namespace is joined by children only (setns(2)).
[[noreturn]] void join_and_begin(sandbox::Launch& l, const Streams& streams, std::uint64_t flags,
                                 volatile pid_t* tell) {
  // No process of the container may look into this one while it holds our descriptors (SEC-20).
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (long r = sys::raw(SYS_setns, streams.join, flags); r < 0) fail_start(l, static_cast<int>(-r));
  long pid = clone_process(CLONE_PARENT, -1, tell);
  if (pid < 0) fail_start(l, static_cast<int>(-pid));
  if (pid == 0) {
    int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) fail_start(l, errno);
    begin(l, streams, root);
  }
  ::_exit(0);
}

/// Where the process between leaves the id of what it has made. The kernel writes it together with
/// making it, so it is known also when the process between is killed then.
volatile pid_t* shared_pid() {
  void* memory =
      ::mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<volatile pid_t*>(memory);
}

}  // namespace

long start_joining(sandbox::Launch& l, const Streams& streams, sandbox::Failure& failure) {
  static volatile pid_t* const made = shared_pid();
  if (!made) return -ENOMEM;
  std::uint64_t flags = l.plan.header->join_flags;
  if (same_user_namespace(pid_of(streams.join))) flags &= ~std::uint64_t{CLONE_NEWUSER};
  *made = 0;
  long between = clone_process(0, -1);
  if (between < 0) return between;
  if (between == 0) join_and_begin(l, streams, flags, made);
  ::waitpid(static_cast<pid_t>(between), nullptr, 0);
  if (*made > 0) return *made;
  ssize_t got = ::recv(l.process, &failure, sizeof failure, MSG_DONTWAIT);
  return got == sizeof failure ? -failure.errnum : -ECHILD;
}

}  // namespace containerlib::monitor
