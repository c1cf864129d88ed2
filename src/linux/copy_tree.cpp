#include "linux/copy_tree.hpp"

#include <dirent.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <climits>
#include <cstring>

#include "linux/syscalls.hpp"

namespace containerlib::sys {
namespace {

/// EOPNOTSUPP: what a tmpfs cannot keep (user.* before Linux 6.6) no program can have counted on.
int copy_xattrs(int from, int to) {
  char names[4096], value[XATTR_SIZE_MAX];
  const ssize_t size = ::flistxattr(from, names, sizeof names);
  if (size < 0) return errno == EOPNOTSUPP ? 0 : -errno;
  for (const char* name = names; name < names + size; name += std::strlen(name) + 1) {
    const ssize_t length = ::fgetxattr(from, name, value, sizeof value);
    if (length < 0) return -errno;
    if (::fsetxattr(to, name, value, static_cast<std::size_t>(length), 0) < 0 &&
        errno != EOPNOTSUPP)
      return -errno;
  }
  return 0;
}

/// In this order: a change of the owner clears set-user-ID and capabilities.
int set_details(int from, int to, const struct stat& st, const TreeCopy& copy) {
  if (::fchown(to, copy.uids(st.st_uid), copy.gids(st.st_gid)) < 0 ||
      ::fchmod(to, st.st_mode & 07777) < 0)
    return -errno;
  if (int r = copy_xattrs(from, to); r < 0) return r;
  const timespec times[] = {st.st_atim, st.st_mtim};
  return ::futimens(to, times) < 0 ? -errno : 0;
}

int copy_bytes(int from, int to) {
  // Shared until one of the two is written to, where the file system can.
  if (::ioctl(to, FICLONE, from) == 0) return 0;
  for (;;) {
    const ssize_t sent = ::sendfile(to, from, nullptr, 1 << 20);
    if (sent <= 0) return sent < 0 ? -errno : 0;
  }
}

int copy_file_as(int in, const struct stat& st, int to, const char* name, const TreeCopy& copy) {
  const int out = ::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0) return -errno;
  int r = copy_bytes(in, out);
  if (r == 0) r = set_details(in, out, st, copy);
  ::close(out);
  return r;
}

/// The file's name in TreeCopy::links: the number of its inode.
struct LinkName {
  char text[20 + 1];
  explicit LinkName(std::uint64_t number) {
    char* at = text + sizeof text - 1;
    *at = '\0';
    do *--at = static_cast<char>('0' + number % 10);
    while (number /= 10);
    std::memmove(text, at, std::strlen(at) + 1);
  }
};

int copy_linked(int in, const struct stat& st, int to, const char* name, const TreeCopy& copy) {
  const LinkName kept(st.st_ino);
  if (::linkat(copy.links, kept.text, to, name, 0) == 0) return 0;
  if (errno == ENOENT) {
    if (int r = copy_file_as(in, st, copy.links, kept.text, copy); r < 0) return r;
    if (::linkat(copy.links, kept.text, to, name, 0) == 0) return 0;
  }
  // It has as many names as the file system allows.
  return errno == EMLINK ? copy_file_as(in, st, to, name, copy) : -errno;
}

int copy_file(int from, int to, const char* name, const TreeCopy& copy) {
  const int in = ::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in < 0) return -errno;
  struct stat st;
  int r = ::fstat(in, &st) < 0 ? -errno : 0;
  if (r == 0 && !S_ISREG(st.st_mode)) r = -EINVAL;
  if (r == 0)
    r = copy.links >= 0 && st.st_nlink > 1 ? copy_linked(in, st, to, name, copy)
                                           : copy_file_as(in, st, to, name, copy);
  ::close(in);
  return r;
}

int set_owner(int to, const char* name, const struct stat& st, const TreeCopy& copy) {
  const uid_t uid = copy.uids(st.st_uid);
  return ::fchownat(to, name, uid, copy.gids(st.st_gid), AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int copy_link(int from, int to, const char* name, const struct stat& st, const TreeCopy& copy) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(from, name, target, sizeof target - 1);
  if (size < 0) return -errno;
  target[size] = '\0';
  return ::symlinkat(target, to, name) < 0 ? -errno : set_owner(to, name, st, copy);
}

int copy_node(int to, const char* name, const struct stat& st, const TreeCopy& copy) {
  if (::mknodat(to, name, st.st_mode, st.st_rdev) < 0) return -errno;
  if (int r = set_owner(to, name, st, copy); r < 0) return r;
  return ::fchmodat(to, name, st.st_mode & 07777, 0) < 0 ? -errno : 0;
}

int copy_directory(int from, int to, const char* name, TreeCopy copy) {
  if (copy.depth-- == 0) return -ELOOP;
  if (::mkdirat(to, name, 0700) < 0) return -errno;
  constexpr int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const int in = ::openat(from, name, how);
  if (in < 0) return -errno;
  const int out = ::openat(to, name, how);
  int r = out < 0 ? -errno : copy_entries(in, out, copy);
  if (r == 0) r = copy_details(in, out, copy);
  if (out >= 0) ::close(out);
  ::close(in);
  return r;
}

int copy_entry(int from, int to, const char* name, const TreeCopy& copy) {
  if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return 0;
  struct stat st;
  if (::fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  switch (st.st_mode & S_IFMT) {
    case S_IFDIR: return copy_directory(from, to, name, copy);
    case S_IFREG: return copy_file(from, to, name, copy);
    case S_IFLNK: return copy_link(from, to, name, st, copy);
    default: return copy_node(to, name, st, copy);
  }
}

}  // namespace

std::uint32_t IdShift::operator()(std::uint32_t id) const {
  if (count == 0) return id;
  for (const ShiftedIds* range = ranges; range < ranges + count; ++range)
    if (id >= range->from && id - range->from < range->count) return range->to + (id - range->from);
  return id == 0 ? 0 : (*this)(0);
}

int copy_entries(int from, int to, const TreeCopy& copy) {
  alignas(dirent64) char entries[4096];
  for (;;) {
    const long size = sys::raw(SYS_getdents64, from, entries, sizeof entries);
    if (size <= 0) return static_cast<int>(size);
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      if (int r = copy_entry(from, to, entry->d_name, copy); r < 0) return r;
      at += entry->d_reclen;
    }
  }
}

int copy_details(int from, int to, const TreeCopy& copy) {
  struct stat st;
  return ::fstat(from, &st) < 0 ? -errno : set_details(from, to, st, copy);
}

}  // namespace containerlib::sys
