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

#include "linux/syscalls.hpp"
#include "sandbox/proc_path.hpp"
#include "sandbox/spawn.hpp"

namespace containerlib::sandbox {
namespace {

/// `ns`: "/proc/self/ns/user"
bool shared_with(int pid, const char* ns) {
  struct stat own, other;
  const char* const file = ns + std::strlen("/proc/self");
  return ::stat(ns, &own) == 0 && ::stat(ProcPath(pid, file).text, &other) == 0 &&
         own.st_ino == other.st_ino;
}

std::uint64_t all_shared_with(int pid) {
  constexpr struct {
    const char* file;
    std::uint64_t flag;
  } namespaces[] = {{"/proc/self/ns/mnt", CLONE_NEWNS},   {"/proc/self/ns/pid", CLONE_NEWPID},
                    {"/proc/self/ns/net", CLONE_NEWNET},  {"/proc/self/ns/ipc", CLONE_NEWIPC},
                    {"/proc/self/ns/uts", CLONE_NEWUTS},  {"/proc/self/ns/cgroup", CLONE_NEWCGROUP},
                    {"/proc/self/ns/time", CLONE_NEWTIME}};
  std::uint64_t out = 0;
  for (const auto& ns : namespaces)
    if (shared_with(pid, ns.file)) out |= ns.flag;
  return out;
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

/// Those of a running process (exec). 0 or -errno.
long join_process(const Launch& l, int pidfd) {
  std::uint64_t flags = l.plan.header->join_flags;
  const int pid = pid_of(pidfd);
  if (shared_with(pid, "/proc/self/ns/user")) flags &= ~std::uint64_t{CLONE_NEWUSER};
  const long r = sys::raw(SYS_setns, pidfd, flags);
  if (r != -EPERM) return r;
  // Also one that is ours already is joined with the rights in its owner only, which an ordinary
  // user has none of for the host's.
  flags &= ~all_shared_with(pid);
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
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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
