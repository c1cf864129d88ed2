#include <sys/stat.h>

#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::sandbox {
namespace {

int open_place(const Launch& l, const Place& place) {
  return open_in_root(l.slots[place.base], l.plan.str(place.path) + place.below, false);
}

/// The host's, and not what the container calls so.
int mask_file(int target) {
  const int null = open_device("/dev/null", S_IFCHR, 1, 3);
  return null < 0 ? null : move_to(null, target);
}

}  // namespace

/// An empty read-only file system over a directory. All masked directories share one, which must be
/// attached once before it can be cloned (open_tree of a detached mount needs Linux 6.15).
int mask_directory(int target) {
  static int shared = -1;
  if (shared >= 0) {
    long tree = sys::open_tree(shared, "", AT_EMPTY_PATH | sys::open_tree_clone);
    return tree < 0 ? static_cast<int>(tree) : move_to(static_cast<int>(tree), target);
  }
  long fs = sys::fsopen("tmpfs");
  if (fs < 0) return static_cast<int>(fs);
  int fd = static_cast<int>(fs);
  if (long r = sys::fsconfig(fd, sys::fsconfig_set_string, "size", "4k", 0); r < 0)
    return static_cast<int>(r);
  if (long r = sys::fsconfig(fd, sys::fsconfig_create, nullptr, nullptr, 0); r < 0)
    return static_cast<int>(r);
  long mount = sys::fsmount(
      fd, sys::mount_rdonly | sys::mount_nosuid | sys::mount_nodev | sys::mount_noexec);
  if (mount < 0) return static_cast<int>(mount);
  shared = static_cast<int>(mount);
  return move_to(shared, target);
}

int mask_path(Launch& l, const Place& place) {
  int target = open_place(l, place);
  if (target == -ENOENT || target == -ENOTDIR) return 0;
  if (target < 0) return target;
  struct stat st;
  if (::fstat(target, &st) < 0) return -errno;
  return S_ISDIR(st.st_mode) ? mask_directory(target) : mask_file(target);
}

int readonly_path(Launch& l, const Place& place) {
  int target = open_place(l, place);
  if (target == -ENOENT || target == -ENOTDIR) return 0;
  if (target < 0) return target;
  long tree = sys::open_tree(target, "", AT_EMPTY_PATH | sys::open_tree_clone | sys::at_recursive);
  if (tree < 0) return static_cast<int>(tree);
  sys::mount_attr attr;
  attr.attr_set = sys::mount_rdonly;  // with what else the mount below has
  int fd = static_cast<int>(tree);
  long r = sys::mount_setattr(fd, "", AT_EMPTY_PATH | sys::at_recursive, attr);
  return r < 0 ? static_cast<int>(r) : move_to(fd, target);
}

}  // namespace containerlib::sandbox
