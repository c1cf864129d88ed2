#include "sandbox/root_path.hpp"

#include <sys/stat.h>

#include <climits>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

int make_one(int root, const char* path, std::size_t length, bool directory, bool follow) {
  char copy[PATH_MAX];
  if (length >= sizeof copy) return -ENAMETOOLONG;
  for (std::size_t i = 0; i < length; ++i) copy[i] = path[i];
  copy[length] = '\0';

  int fd = open_in_root(root, copy, follow);
  if (fd != -ENOENT) return fd;
  std::size_t slash = length;
  while (slash > 0 && copy[slash - 1] != '/') --slash;
  int parent = root;
  if (slash > 1) {
    copy[slash - 1] = '\0';
    parent = open_in_root(root, copy, follow);
    if (parent < 0) return parent;
  }
  const char* name = copy + slash;
  // mknodat, not open(O_CREAT): it follows no symlink (SEC-05).
  long made = directory ? sys::raw(SYS_mkdirat, parent, name, 0755)
                        : sys::raw(SYS_mknodat, parent, name, S_IFREG | 0644, 0);
  if (parent != root) ::close(parent);
  if (made < 0 && made != -EEXIST) return static_cast<int>(made);
  if (slash > 1) copy[slash - 1] = '/';
  return open_in_root(root, copy, follow);
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
  std::size_t end = 0;
  while (path[end] == '/') ++end;
  while (path[end]) {
    while (path[end] && path[end] != '/') ++end;
    std::size_t next = end;
    while (path[next] == '/') ++next;
    const bool last = path[next] == '\0';
    fd = make_one(root, path, end, !last || directory, follow);
    if (fd < 0 || last) return fd;
    ::close(fd);
    end = next;
  }
  return -ENOENT;
}

}  // namespace containerlib::sandbox
