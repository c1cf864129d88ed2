#include "sandbox/execute_mounts.hpp"

#include <linux/sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/root_path.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::uint64_t ms_private = 1 << 18;  // <sys/mount.h>
constexpr int mnt_detach = 2;

/// Each item of a NUL-separated list, until `visit` fails.
template <class Visit>
int for_each(const char* list, std::uint32_t size, Visit visit) {
  for (const char* item = list; size && item <= list + size; item += std::strlen(item) + 1)
    if (long result = visit(item); result < 0) return static_cast<int>(result);
  return 0;
}

/// "key=value" or "flag".
long configure(int fs, const char* option) {
  char key[64];
  const char* equals = std::strchr(option, '=');
  if (!equals) return sys::fsconfig(fs, sys::fsconfig_set_flag, option, nullptr, 0);
  std::size_t length = static_cast<std::size_t>(equals - option);
  if (length >= sizeof key) return -EINVAL;
  std::memcpy(key, option, length);
  key[length] = '\0';
  return sys::fsconfig(fs, sys::fsconfig_set_string, key, equals + 1, 0);
}

int finish_fs(Launch& l, int fs, std::uint64_t flags, Slot out) {
  if (long made = sys::fsconfig(fs, sys::fsconfig_create, nullptr, nullptr, 0); made < 0)
    return static_cast<int>(made);
  long mount = sys::fsmount(fs, flags);
  ::close(fs);
  if (mount < 0) return static_cast<int>(mount);
  l.slots[out] = static_cast<int>(mount);
  return 0;
}

long add_lowers(int fs, const char* lowers, const MakeOverlay& s) {
  if (s.append)
    return for_each(lowers, s.lowers.size, [&](const char* lower) {
      return sys::fsconfig(fs, sys::fsconfig_set_string, "lowerdir+", lower, 0);
    });
  char joined[256];  // fsconfig(2) takes strings of at most 255 bytes
  if (s.lowers.size >= sizeof joined) return -E2BIG;
  for (std::uint32_t i = 0; i <= s.lowers.size; ++i)
    joined[i] = lowers[i] == '\0' && i < s.lowers.size ? ':' : lowers[i];
  return sys::fsconfig(fs, sys::fsconfig_set_string, "lowerdir", joined, 0);
}

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

const char* last_component(const char* path) { return std::strrchr(path, '/') + 1; }

/// By name in an open directory of our own; a symbolic link is not followed.
int attach_below(int tree, int dir, const char* name) {
  return static_cast<int>(sys::move_mount(tree, "", dir, name, sys::move_mount_from_fd));
}

int mask_file(int target) {
  int null = open_device("/dev/null", 1, 3);
  return null < 0 ? null : move_to(null, target);
}

}  // namespace

int move_to(int tree, int target) {
  return static_cast<int>(
      sys::move_mount(tree, "", target, "", sys::move_mount_from_fd | sys::move_mount_to_fd));
}

int open_device(const char* path, unsigned major, unsigned minor) {
  long fd = sys::open_tree(AT_FDCWD, path, sys::open_tree_clone);
  if (fd < 0) return static_cast<int>(fd);
  struct stat st;
  if (::fstat(static_cast<int>(fd), &st) < 0) return -errno;
  if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(major, minor)) return -ENODEV;
  return static_cast<int>(fd);
}

int private_mounts() {
  sys::mount_attr attr;
  attr.propagation = ms_private;
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

int make_fs(Launch& l, const MakeFs& s) {
  long fs = sys::fsopen(l.plan.str(s.type));
  if (fs < 0) return static_cast<int>(fs);
  int fd = static_cast<int>(fs);
  if (int r = for_each(l.plan.str(s.options), s.options.size,
                       [&](const char* option) { return configure(fd, option); });
      r < 0)
    return r;
  return finish_fs(l, fd, s.flags, s.out);
}

int make_overlay(Launch& l, const MakeOverlay& s) {
  long fs = sys::fsopen("overlay");
  if (fs < 0) return static_cast<int>(fs);
  int fd = static_cast<int>(fs);
  // The store's opaque directories are user.overlay.* for root too, so layers serve both.
  long r = sys::fsconfig(fd, sys::fsconfig_set_flag, "userxattr", nullptr, 0);
  if (r >= 0 && s.unsynced) r = sys::fsconfig(fd, sys::fsconfig_set_flag, "volatile", nullptr, 0);
  if (r >= 0) r = add_lowers(fd, l.plan.str(s.lowers), s);
  if (r >= 0) r = sys::fsconfig(fd, sys::fsconfig_set_string, "upperdir", l.plan.str(s.upper), 0);
  if (r >= 0) r = sys::fsconfig(fd, sys::fsconfig_set_string, "workdir", l.plan.str(s.work), 0);
  return r < 0 ? static_cast<int>(r) : finish_fs(l, fd, s.flags, s.out);
}

int mount_into(Launch& l, const MountInto& s) {
  int tree = l.slots[s.tree];
  struct stat st;
  if (::fstat(tree, &st) < 0) return -errno;
  int target =
      make_in_root(l.slots[root_slot], l.plan.str(s.target), S_ISDIR(st.st_mode), s.follow);
  return target < 0 ? target : move_to(tree, target);
}

int mount_below(Launch& l, const MountBelow& s) {
  const int dir = l.slots[s.dir];
  const char* name = last_component(l.plan.str(s.target));
  // There already: an earlier mount's, on which this one goes.
  if (::mkdirat(dir, name, 0755) < 0 && errno != EEXIST) return -errno;
  return attach_below(l.slots[s.tree], dir, name);
}

int bind_device(Launch& l, const BindDevice& s) {
  const int device = open_device(l.plan.str(s.source), s.major, s.minor);
  if (device < 0) return device;
  const int dir = l.slots[s.dir];
  const char* name = last_component(l.plan.str(s.target));
  const int result =
      ::mknodat(dir, name, S_IFREG | 0644, 0) < 0 ? -errno : attach_below(device, dir, name);
  ::close(device);
  return result;
}

int make_symlink(Launch& l, const MakeSymlink& s) {
  const int result =
      ::symlinkat(l.plan.str(s.target), l.slots[s.dir], last_component(l.plan.str(s.path)));
  return result < 0 ? -errno : 0;
}

int mask_path(Launch& l, const char* path) {
  int target = open_in_root(l.slots[root_slot], path, false);
  if (target == -ENOENT) return 0;
  if (target < 0) return target;
  struct stat st;
  if (::fstat(target, &st) < 0) return -errno;
  return S_ISDIR(st.st_mode) ? mask_directory(target) : mask_file(target);
}

int readonly_path(Launch& l, const char* path) {
  int target = open_in_root(l.slots[root_slot], path, false);
  if (target == -ENOENT) return 0;
  if (target < 0) return target;
  long tree = sys::open_tree(target, "", AT_EMPTY_PATH | sys::open_tree_clone | sys::at_recursive);
  if (tree < 0) return static_cast<int>(tree);
  sys::mount_attr attr;
  attr.attr_set = sys::mount_rdonly | sys::mount_nosuid | sys::mount_nodev | sys::mount_noexec;
  int fd = static_cast<int>(tree);
  long r = sys::mount_setattr(fd, "", AT_EMPTY_PATH | sys::at_recursive, attr);
  return r < 0 ? static_cast<int>(r) : move_to(fd, target);
}

int set_mount_flags(Launch& l, const SetMountFlags& s) {
  sys::mount_attr attr;
  attr.attr_set = s.flags;
  return static_cast<int>(sys::mount_setattr(l.slots[s.tree], "", AT_EMPTY_PATH, attr));
}

int pivot(int root) {
  if (::fchdir(root) < 0) return -errno;
  // The old root is stacked on the new one at "." and then goes, with all that lies below it.
  if (long r = sys::pivot_root(".", "."); r < 0) return static_cast<int>(r);
  if (long r = sys::raw(SYS_umount2, ".", mnt_detach); r < 0) return static_cast<int>(r);
  return ::chdir("/") < 0 ? -errno : 0;
}

}  // namespace containerlib::sandbox
