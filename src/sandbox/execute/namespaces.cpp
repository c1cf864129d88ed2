#include "sandbox/execute/namespaces.hpp"

#include <linux/nsfs.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

const char* own_namespace(std::uint64_t flag) {
  switch (flag) {
    case CLONE_NEWUSER: return "/proc/self/ns/user";
    case CLONE_NEWNS: return "/proc/self/ns/mnt";
    case CLONE_NEWPID: return "/proc/self/ns/pid";
    case CLONE_NEWNET: return "/proc/self/ns/net";
    case CLONE_NEWIPC: return "/proc/self/ns/ipc";
    case CLONE_NEWUTS: return "/proc/self/ns/uts";
    case CLONE_NEWCGROUP: return "/proc/self/ns/cgroup";
    default: return "/proc/self/ns/time";
  }
}

/// 1, 0 or -errno.
int is_own(int ns, std::uint64_t flag) {
  struct stat own, other;
  if (::stat(own_namespace(flag), &own) < 0 || ::fstat(ns, &other) < 0) return -errno;
  return own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

int check(int ns, const OpenNamespace& s) {
  const int type = ::ioctl(ns, NS_GET_NSTYPE);
  if (type < 0 || static_cast<std::uint64_t>(type) != s.flag) return -EINVAL;
  const int own = is_own(ns, s.flag);
  if (own < 0) return own;
  if (own && s.foreign) return -EPERM;
  return own;
}

}  // namespace

int open_namespace(Launch& l, const OpenNamespace& s) {
  // Whatever the path leads to, opening it must not wait.
  const int ns = ::open(l.plan.str(s.path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (ns < 0) return -errno;
  const int own = check(ns, s);
  if (own < 0 || (own && s.flag == CLONE_NEWUSER)) {
    ::close(ns);
    return own < 0 ? own : 0;
  }
  l.slots[s.out] = ns;
  return 0;
}

int loopback_up() {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int result = ::ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

}  // namespace containerlib::sandbox
