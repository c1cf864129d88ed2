#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::sandbox {
namespace {

/// The slave as /dev/console, by descriptor: its path in the container proves nothing (SEC-07).
int bind_console(int root, int slave) {
  long tree = sys::open_tree(slave, "", AT_EMPTY_PATH | sys::open_tree_clone);
  if (tree < 0) return static_cast<int>(tree);
  int target = make_in_root(root, "/dev/console", false, false);
  return target < 0 ? target : move_to(static_cast<int>(tree), target);
}

/// The master of a new pair; -ENOTTY for what only bears its name.
int open_master(int root) {
  const long fd = sys::openat2(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK,
                               RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (fd < 0) return static_cast<int>(fd);
  const int master = static_cast<int>(fd);
  struct statfs fs;
  if (::fstatfs(master, &fs) < 0) return -errno;
  if (fs.f_type != DEVPTS_SUPER_MAGIC) return -ENOTTY;
  return ::fcntl(master, F_SETFL, O_RDWR) < 0 ? -errno : master;
}

}  // namespace

int open_terminal(Launch& l, const Terminal& s) {
  const int root = l.slots[root_slot];
  const int fd = open_master(root);
  if (fd < 0) return fd;
  int unlock = 0;
  if (::ioctl(fd, TIOCSPTLCK, &unlock) < 0) return -errno;
  int slave = ::ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return -errno;
  winsize size{};
  size.ws_row = s.rows;
  size.ws_col = s.columns;
  if (::ioctl(fd, TIOCSWINSZ, &size) < 0) return -errno;
  if (::fchown(slave, s.uid, static_cast<gid_t>(-1)) < 0) return -errno;
  // An exec'd process joined the container: the mounts there are not its to change.
  if (!l.plan.header->join_flags)
    if (int r = bind_console(root, slave); r < 0) return r;
  if (const long r = sys::send_message(l.status, "t", 1, &fd, 1); r < 0) return static_cast<int>(r);
  ::close(fd);
  if (::ioctl(slave, TIOCSCTTY, 0) < 0) return -errno;
  for (int stream = 0; stream < 3; ++stream)
    if (::dup2(slave, stream) < 0) return -errno;
  return 0;
}

}  // namespace containerlib::sandbox
