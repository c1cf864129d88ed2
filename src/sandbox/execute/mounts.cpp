#include "sandbox/execute/mounts.hpp"

#include <sys/stat.h>

#include <initializer_list>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/root_path.hpp"
#include "sandbox/execute/target.hpp"

namespace containerlib::sandbox {
namespace {

constexpr int mnt_detach = 2;  // <sys/mount.h>

int change_mount(int tree, bool recursive, const sys::mount_attr& attr) {
  const unsigned flags = AT_EMPTY_PATH | (recursive ? sys::at_recursive : 0);
  return static_cast<int>(sys::mount_setattr(tree, "", flags, attr));
}

/// Takes a file system of the host out of reach; covers it where it is locked (a user namespace).
int hide(const char* path) {
  if (sys::raw(SYS_umount2, path, mnt_detach) == 0) return 0;
  const int directory = ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno == ENOENT ? 0 : -errno;
  const int r = mask_directory(directory);
  ::close(directory);
  return r;
}

}  // namespace

int move_to(int tree, int target) {
  return static_cast<int>(
      sys::move_mount(tree, "", target, "", sys::move_mount_from_fd | sys::move_mount_to_fd));
}

/// By name in an open directory of our own; a symbolic link is not followed.
int attach_below(int tree, int dir, const char* name) {
  return static_cast<int>(sys::move_mount(tree, "", dir, name, sys::move_mount_from_fd));
}

int private_mounts() {
  sys::mount_attr attr;
  attr.propagation = sys::propagate_private;
  return static_cast<int>(sys::mount_setattr(AT_FDCWD, "/", sys::at_recursive, attr));
}

int attach(int tree) {
  return static_cast<int>(sys::move_mount(tree, "", AT_FDCWD, "/", sys::move_mount_from_fd));
}

int attach_at(int tree, const char* path) {
  return static_cast<int>(sys::move_mount(tree, "", AT_FDCWD, path, sys::move_mount_from_fd));
}

int detach() { return static_cast<int>(sys::raw(SYS_umount2, "/", mnt_detach)); }

int enter(int tree, const char* path) {
  int fd = ::openat(tree, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || ::fchdir(fd) < 0) return -errno;
  return 0;
}

int mount_into(Launch& l, const MountInto& s) {
  int tree = l.slots[s.tree];
  struct stat st;
  if (::fstat(tree, &st) < 0) return -errno;
  const int root = l.slots[root_slot];
  const char* path = l.plan.str(s.target);
  const int target = make_target(root, path, S_ISDIR(st.st_mode), s.follow);
  if (target < 0) return target;
  // By its name it could be something else by now.
  if (broken("SEC-04")) return static_cast<int>(sys::move_mount(tree, "", root, path + 1, 0x14));
  return move_to(tree, target);
}

int mount_below(Launch& l, const MountBelow& s) {
  const int dir = l.slots[s.dir];
  const char* name = last_component(l.plan.str(s.target));
  // There already: an earlier mount's, on which this one goes.
  if (::mkdirat(dir, name, 0755) < 0 && errno != EEXIST) return -errno;
  return attach_below(l.slots[s.tree], dir, name);
}

int set_mount_flags(Launch& l, const SetMountFlags& s) {
  sys::mount_attr attr;
  attr.attr_set = s.flags;
  attr.attr_clr = s.clear;
  return change_mount(l.slots[s.tree], s.recursive, attr);
}

int set_propagation(Launch& l, const SetPropagation& s) {
  sys::mount_attr attr;
  attr.propagation = s.type;
  return change_mount(l.slots[s.tree], s.recursive, attr);
}

int pivot(int root) {
  if (::fchdir(root) < 0) return -errno;
  // The old root is stacked on the new one at "." and then goes, with all that lies below it.
  if (long r = sys::pivot_root(".", "."); r < 0) return static_cast<int>(r);
  if (long r = sys::raw(SYS_umount2, ".", mnt_detach); r < 0) return static_cast<int>(r);
  return ::chdir("/") < 0 ? -errno : 0;
}

int change_root(int root) {
  // The root lies on the host's already (attach), which stays below it. A full /proc or /sys down
  // there would allow a nested user namespace to mount another.
  for (const char* path : {"/proc", "/sys"})
    if (int r = hide(path); r < 0) return r;
  if (::fchdir(root) < 0 || ::chroot(".") < 0) return -errno;
  return ::chdir("/") < 0 ? -errno : 0;
}

}  // namespace containerlib::sandbox
