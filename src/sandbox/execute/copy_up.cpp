#include <dirent.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <climits>
#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/target.hpp"

// tmpcopyup: the container's own files, so nothing in them is trusted. Every name is one component,
// opened without following it; hard links become files of their own.
namespace containerlib::sandbox {
namespace {

constexpr int max_depth = 64;

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
int copy_details(int from, int to, const struct stat& st) {
  if (::fchown(to, st.st_uid, st.st_gid) < 0 || ::fchmod(to, st.st_mode & 07777) < 0) return -errno;
  if (int r = copy_xattrs(from, to); r < 0) return r;
  const timespec times[] = {st.st_atim, st.st_mtim};
  return ::futimens(to, times) < 0 ? -errno : 0;
}

int copy_bytes(int from, int to) {
  for (;;) {
    const ssize_t sent = ::sendfile(to, from, nullptr, 1 << 20);
    if (sent <= 0) return sent < 0 ? -errno : 0;
  }
}

int copy_file(int from, int to, const char* name) {
  const int in = ::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in < 0) return -errno;
  struct stat st;
  int r = ::fstat(in, &st) < 0 ? -errno : 0;
  if (r == 0 && !S_ISREG(st.st_mode)) r = -EINVAL;
  const int out =
      r < 0 ? r : ::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (r == 0 && out < 0) r = -errno;
  if (r == 0) r = copy_bytes(in, out);
  if (r == 0) r = copy_details(in, out, st);
  if (out >= 0) ::close(out);
  ::close(in);
  return r;
}

int copy_link(int from, int to, const char* name, const struct stat& st) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(from, name, target, sizeof target - 1);
  if (size < 0) return -errno;
  target[size] = '\0';
  if (::symlinkat(target, to, name) < 0) return -errno;
  return ::fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int copy_node(int to, const char* name, const struct stat& st) {
  if (::mknodat(to, name, st.st_mode, st.st_rdev) < 0) return -errno;
  if (::fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  return ::fchmodat(to, name, st.st_mode & 07777, 0) < 0 ? -errno : 0;
}

int copy_entries(int from, int to, int depth);

int copy_directory(int from, int to, const char* name, int depth) {
  if (depth == max_depth) return -ELOOP;
  if (::mkdirat(to, name, 0700) < 0) return -errno;
  constexpr int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const int in = ::openat(from, name, how);
  if (in < 0) return -errno;
  const int out = ::openat(to, name, how);
  struct stat st;
  int r = out < 0 || ::fstat(in, &st) < 0 ? -errno : 0;
  if (r == 0) r = copy_entries(in, out, depth + 1);
  if (r == 0) r = copy_details(in, out, st);
  if (out >= 0) ::close(out);
  ::close(in);
  return r;
}

int copy_entry(int from, int to, const char* name, int depth) {
  if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return 0;
  struct stat st;
  if (::fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  switch (st.st_mode & S_IFMT) {
    case S_IFDIR: return copy_directory(from, to, name, depth);
    case S_IFREG: return copy_file(from, to, name);
    case S_IFLNK: return copy_link(from, to, name, st);
    default: return copy_node(to, name, st);
  }
}

int copy_entries(int from, int to, int depth) {
  alignas(dirent64) char entries[4096];
  for (;;) {
    const long size = sys::raw(SYS_getdents64, from, entries, sizeof entries);
    if (size <= 0) return static_cast<int>(size);
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      if (int r = copy_entry(from, to, entry->d_name, depth); r < 0) return r;
      at += entry->d_reclen;
    }
  }
}

int copy_content(int directory, int tree, const CopyUp& s, const struct stat& st) {
  if (s.mode && ::fchmodat(tree, ".", st.st_mode & 07777, 0) < 0) return -errno;
  if (s.owner && ::fchownat(tree, ".", st.st_uid, st.st_gid, 0) < 0) return -errno;
  if (!s.content) return 0;
  const int from = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) return -errno;
  const int r = copy_entries(from, tree, 0);
  ::close(from);
  return r;
}

}  // namespace

int copy_up(Launch& l, const CopyUp& s) {
  const int directory = open_target(l.slots[root_slot], l.plan.str(s.target), s.follow);
  if (directory == -ENOENT) return 0;
  if (directory < 0) return directory;
  struct stat st;
  int r = ::fstat(directory, &st) < 0 ? -errno : 0;
  if (r == 0 && !S_ISDIR(st.st_mode)) r = -ENOTDIR;
  if (r == 0) r = copy_content(directory, l.slots[s.tree], s, st);
  ::close(directory);
  return r;
}

}  // namespace containerlib::sandbox
