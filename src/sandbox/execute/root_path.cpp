#include "sandbox/execute/root_path.hpp"

#include <sys/stat.h>

#include <climits>
#include <cstring>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

/// Makes the last component of `path` (of `length` bytes); all before it exists.
int make_last(int root, const char* path, std::size_t length, bool directory, bool follow) {
  char parent_path[PATH_MAX];
  char name[NAME_MAX + 1];
  std::size_t slash = length;
  while (slash > 0 && path[slash - 1] != '/') --slash;
  if (slash >= sizeof parent_path || length - slash >= sizeof name) return -ENAMETOOLONG;
  std::memcpy(parent_path, path, slash);
  std::memcpy(name, path + slash, length - slash);
  name[length - slash] = '\0';
  if (slash == 0) parent_path[slash++] = '/';
  parent_path[slash] = '\0';

  int parent = open_in_root(root, parent_path, follow);
  if (parent < 0) return parent;
  // mknodat, not open(O_CREAT): it follows no symlink (SEC-05, SEC-10).
  long made = directory          ? sys::raw(SYS_mkdirat, parent, name, 0755)
              : broken("SEC-10") ? sys::raw(SYS_openat, parent, name, O_CREAT | O_CLOEXEC, 0644)
                                 : sys::raw(SYS_mknodat, parent, name, S_IFREG | 0644, 0);
  long fd = made;
  if (made == 0) fd = sys::openat2(parent, name, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH);
  ::close(parent);
  return static_cast<int>(fd);
}

/// Makes the directories that lead to the last component.
int make_parents(int root, const char* path, std::size_t length, bool follow) {
  for (std::size_t end = 0; end < length; ++end) {
    if (path[end] != '/' || end == 0 || path[end - 1] == '/') continue;
    int fd = make_last(root, path, end, true, follow);
    if (fd < 0 && fd != -EEXIST) return fd;
    if (fd >= 0) ::close(fd);
  }
  return 0;
}

}  // namespace

int open_in_root(int root, const char* path, bool follow) {
  std::uint64_t resolve = RESOLVE_IN_ROOT;
  if (!follow) resolve |= RESOLVE_NO_SYMLINKS;
  return static_cast<int>(sys::openat2(root, path, O_PATH, resolve));
}

int make_in_root(int root, const char* path, bool directory, bool follow) {
  int fd = open_in_root(root, path, follow);
  if (fd != -ENOENT) return fd;
  std::size_t length = std::strlen(path);
  while (length > 0 && path[length - 1] == '/') --length;
  if (length == 0) return -ENOENT;
  // Usually no more than the last component is missing.
  fd = make_last(root, path, length, directory, follow);
  if (fd == -ENOENT) {
    if (int made = make_parents(root, path, length, follow); made < 0) return made;
    fd = make_last(root, path, length, directory, follow);
  }
  // Made by somebody else meanwhile; or a dangling symlink, which stays an error.
  return fd == -EEXIST ? open_in_root(root, path, follow) : fd;
}

int make_parent_in_root(int root, const char* path, bool follow) {
  char parent[PATH_MAX];
  const std::size_t size = static_cast<std::size_t>(last_component(path) - path);
  if (size >= sizeof parent) return -ENAMETOOLONG;
  std::memcpy(parent, path, size);
  parent[size] = '\0';
  return make_in_root(root, parent, true, follow);
}

const char* last_component(const char* path) { return std::strrchr(path, '/') + 1; }

}  // namespace containerlib::sandbox
