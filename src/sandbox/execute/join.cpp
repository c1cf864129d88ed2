#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::sandbox {
namespace {

struct NamespaceFile {
  std::uint64_t flag;
  const char *own, *of_process;
};
constexpr NamespaceFile namespace_files[] = {
    {CLONE_NEWUSER, "/proc/self/ns/user", "/ns/user"},
    {CLONE_NEWNS, "/proc/self/ns/mnt", "/ns/mnt"},
    {CLONE_NEWPID, "/proc/self/ns/pid", "/ns/pid"},
    {CLONE_NEWNET, "/proc/self/ns/net", "/ns/net"},
    {CLONE_NEWIPC, "/proc/self/ns/ipc", "/ns/ipc"},
    {CLONE_NEWUTS, "/proc/self/ns/uts", "/ns/uts"},
    {CLONE_NEWCGROUP, "/proc/self/ns/cgroup", "/ns/cgroup"},
    {CLONE_NEWTIME, "/proc/self/ns/time", "/ns/time"}};

/// Those of `flags` in which the process is elsewhere. One that is shared with the host an ordinary
/// user may not even stay in (setns(2)).
std::uint64_t differing(std::uint64_t flags, int pid) {
  for (const NamespaceFile& file : namespace_files) {
    struct stat own, other;
    if (flags & file.flag && ::stat(file.own, &own) == 0 &&
        ::stat(ProcPath(pid, file.of_process).text, &other) == 0 && own.st_ino == other.st_ino)
      flags &= ~file.flag;
  }
  return flags;
}

int pid_of(int pidfd) {
  int fd = ::open(ProcPath("/proc/self/fdinfo/", pidfd, "").text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char text[512] = {};
  ssize_t got = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  const char* line = got > 0 ? std::strstr(text, "\nPid:") : nullptr;
  return line ? std::atoi(line + 5) : -1;
}

/// Those of a running process (exec). What /proc says of it is the host's /proc, read before.
/// 0 or -errno.
long join_process(const Launch& l, int pidfd) {
  const std::uint64_t flags = differing(l.plan.header->join_flags, pid_of(pidfd));
  // While it is there, its id is nobody else's: it was its namespaces that were looked at.
  if (long r = sys::pidfd_send_signal(pidfd, 0); r < 0) return r;
  return flags ? sys::raw(SYS_setns, pidfd, flags) : 0;
}

/// Those that the plan has by path, in its order. One may belong to the runner's user namespace or
/// to the one that is joined, and is joined with the rights in its owner: before or after. 0 or
/// -errno.
long join_by_path(const Launch& l) {
  const PlanHeader& header = *l.plan.header;
  bool joined[std::extent_v<decltype(PlanHeader::join)>] = {};
  const auto join = [&](bool user, bool last) -> long {
    for (std::uint32_t i = 0; i < header.joins; ++i) {
      const Join& ns = header.join[i];
      if (joined[i] || (ns.flag == CLONE_NEWUSER) != user || l.slots[ns.slot] < 0) continue;
      const long r = sys::raw(SYS_setns, l.slots[ns.slot], ns.flag);
      if (r < 0 && (r != -EPERM || last)) return r;
      joined[i] = r == 0;
    }
    return 0;
  };
  long r = join(false, false);
  if (r == 0) r = join(true, true);
  return r < 0 ? r : join(false, true);
}

[[noreturn]] void join_and_begin(Launch& l, const Streams& streams, int cgroup,
                                 volatile pid_t* tell) {
  const bool exec = l.plan.header->join_flags != 0;
  // No process of the container may look into this one while it holds our descriptors (SEC-20).
  if (!broken("SEC-20")) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (long r = exec ? join_process(l, streams.join) : join_by_path(l); r < 0)
    fail_start(l, static_cast<int>(-r));
  long pid = clone_process(CLONE_PARENT | l.plan.header->clone_flags, cgroup, tell);
  if (pid < 0) fail_start(l, static_cast<int>(-pid));
  if (pid == 0) {
    int root = -1;
    if (exec && (root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) fail_start(l, errno);
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

long spawn_joined(Launch& l, const Streams& streams, int cgroup, Failure& failure) {
  static volatile pid_t* const made = shared_pid();
  if (!made) return -ENOMEM;
  *made = 0;
  long between = clone_process(0, -1);
  if (between < 0) return between;
  if (between == 0) join_and_begin(l, streams, cgroup, made);
  ::waitpid(static_cast<pid_t>(between), nullptr, 0);
  if (*made > 0) return *made;
  ssize_t got = ::recv(l.process, &failure, sizeof failure, MSG_DONTWAIT);
  return got == sizeof failure ? -failure.errnum : -ECHILD;
}

}  // namespace containerlib::sandbox
