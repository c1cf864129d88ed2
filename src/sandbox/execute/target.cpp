#include "sandbox/execute/target.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cstring>
#include <initializer_list>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::sandbox {
namespace {

bool same(int a, int b) {
  struct stat one, other;
  if (::fstat(a, &one) < 0 || ::fstat(b, &other) < 0) return false;
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Looks upwards, as there is no name to be trusted: who could exchange one could exchange it back.
bool is_below(int root, int directory, int top) {
  int at = ::fcntl(directory, F_DUPFD_CLOEXEC, 0);
  while (at >= 0 && !same(at, top)) {
    const int parent = same(at, root) ? -1 : ::openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ::close(at);
    at = parent;
  }
  if (at >= 0) ::close(at);
  return at >= 0;
}

bool is_directory(int fd) {
  struct stat st;
  return ::fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/// A file has no way upwards, but those that matter are in file systems of the kernel's.
bool is_kernel_file(int fd) {
  struct statfs fs;
  return ::fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
         fs.f_type == DEVPTS_SUPER_MAGIC;
}

bool is_reserved(int root, int target) {
  if (!is_directory(target)) return is_kernel_file(target);
  for (const char* path : {"/proc", "/sys", "/dev"}) {
    const int top = open_in_root(root, path, false);
    if (top < 0) continue;
    const bool below = is_below(root, target, top);
    ::close(top);
    if (below) return true;
  }
  return false;
}

/// `target` was reached by symlinks.
int allowed(int root, const char* path, int target) {
  // The kernel's own symlink /proc/net may be followed: what is asked for is in /proc then.
  const bool asked = std::strncmp(path, "/proc/", 6) == 0;
  if (target < 0 || asked || broken("SEC-01-link") || !is_reserved(root, target)) return target;
  ::close(target);
  return -ELOOP;
}

}  // namespace

int open_target(int root, const char* path, bool follow) {
  const int target = open_in_root(root, path, false);
  if (target != -ELOOP || !follow) return target;
  return allowed(root, path, open_in_root(root, path, true));
}

int make_target(int root, const char* path, bool directory, bool follow) {
  const int target = make_in_root(root, path, directory, false);
  if (target != -ELOOP || !follow) return target;
  return allowed(root, path, make_in_root(root, path, directory, true));
}

}  // namespace containerlib::sandbox
