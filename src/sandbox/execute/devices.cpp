#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <climits>
#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::sandbox {
namespace {

/// Where the last component goes.
int make_directory(const Launch& l, const Place& place) {
  const char* path = l.plan.str(place.path) + place.below;
  return make_parent_in_root(l.slots[place.base], path, false);
}

bool is_device(const struct stat& st, unsigned type, unsigned major, unsigned minor) {
  if ((st.st_mode & S_IFMT) != type) return false;
  return type == S_IFIFO || st.st_rdev == makedev(major, minor);
}

/// The host's node over a file, which is made if there is none.
int bind_over(int dir, const char* name, const MakeDevice& s, const char* source) {
  const int device = open_device(source, s.type, s.major, s.minor);
  if (device < 0) return device;
  int r = ::mknodat(dir, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST ? -errno : 0;
  if (r == 0) r = attach_below(device, dir, name);
  ::close(device);
  return r;
}

int make_node(int dir, const char* name, const MakeDevice& s, const char* source) {
  const mode_t mask = ::umask(0);
  const int made =
      ::mknodat(dir, name, s.type | s.mode, makedev(s.major, s.minor)) < 0 ? -errno : 0;
  ::umask(mask);
  if (made == 0) return ::fchownat(dir, name, s.uid, s.gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
  // No user namespace but the first may make devices (user_namespaces(7)).
  if (made == -EPERM && s.type != S_IFIFO) return bind_over(dir, name, s, source);
  if (made != -EEXIST) return made;
  struct stat st;
  if (::fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  if (is_device(st, s.type, s.major, s.minor)) return 0;
  // Perhaps left by an earlier start that has bound the host's node.
  return S_ISREG(st.st_mode) && s.type != S_IFIFO ? bind_over(dir, name, s, source) : -EEXIST;
}

int make_symlink_at(int dir, const char* name, const MakeLink& s, const char* target) {
  if (::symlinkat(target, dir, name) == 0) return 0;
  if (errno != EEXIST) return -errno;
  if (!s.replace) return 0;
  char there[64];
  const ssize_t size = ::readlinkat(dir, name, there, sizeof there);
  if (size == s.target.size && std::memcmp(there, target, s.target.size) == 0) return 0;
  if (::unlinkat(dir, name, 0) < 0) return -errno;
  return ::symlinkat(target, dir, name) < 0 ? -errno : 0;
}

}  // namespace

int open_device(const char* path, unsigned type, unsigned major, unsigned minor) {
  long fd = sys::open_tree(AT_FDCWD, path, sys::open_tree_clone);
  if (fd < 0) return static_cast<int>(fd);
  struct stat st;
  if (::fstat(static_cast<int>(fd), &st) < 0) return -errno;
  if (!is_device(st, type, major, minor)) return -ENODEV;
  // The node is the host's: a read-only mount keeps its mode and owner, and lets devices be
  // written.
  sys::mount_attr attr;
  attr.attr_set = sys::mount_rdonly | sys::mount_nosuid | sys::mount_noexec;
  const long r = sys::mount_setattr(static_cast<int>(fd), "", AT_EMPTY_PATH, attr);
  return static_cast<int>(r < 0 ? r : fd);
}

int bind_device(Launch& l, const BindDevice& s) {
  const int device = open_device(l.plan.str(s.source), S_IFCHR, s.major, s.minor);
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

int make_device(Launch& l, const MakeDevice& s) {
  const char* path = l.plan.str(s.place.path);
  const int dir = make_directory(l, s.place);
  if (dir < 0) return dir;
  const int r = make_node(dir, last_component(path), s, path);
  ::close(dir);
  return r;
}

int make_link(Launch& l, const MakeLink& s) {
  const int dir = make_directory(l, s.place);
  if (dir < 0) return dir;
  const char* name = last_component(l.plan.str(s.place.path));
  const int r = make_symlink_at(dir, name, s, l.plan.str(s.target));
  ::close(dir);
  return r;
}

}  // namespace containerlib::sandbox
