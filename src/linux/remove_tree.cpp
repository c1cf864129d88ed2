#include "linux/remove_tree.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <cstring>

#include "linux/syscalls.hpp"

namespace containerlib::sys {
namespace {

/// Directories deeper than this are moved up to the top first.
constexpr int depth_limit = 32;

struct DirectoryEntry {  // struct linux_dirent64, getdents64(2)
  std::uint64_t ino;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

struct Walk {
  int top;  ///< where deep directories are moved to
  unsigned moved = 0;
  int error = 0;  ///< first one, negative
  void note(long result) {
    if (result < 0 && result != -ENOENT && error == 0) error = static_cast<int>(result);
  }
};

int open_directory(int dir, const char* name) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  long fd = raw(SYS_openat, dir, name, flags);
  if (fd == -EACCES) {  // our own, but without permission bits: an image may say so
    raw(SYS_fchmodat, dir, name, 0700);
    fd = raw(SYS_openat, dir, name, flags);
  }
  return static_cast<int>(fd);
}

void remove_directory(int dir, const char* name, Walk& walk, int depth);

void empty_directory(int fd, Walk& walk, int depth) {
  alignas(DirectoryEntry) char buffer[4096];
  for (;;) {
    long got = raw(SYS_getdents64, fd, buffer, sizeof buffer);
    if (got <= 0) return walk.note(got);
    for (long at = 0; at < got;) {
      auto* entry = reinterpret_cast<DirectoryEntry*>(buffer + at);
      at += entry->length;
      if (std::strcmp(entry->name, ".") == 0 || std::strcmp(entry->name, "..") == 0) continue;
      // The type is a hint (some file systems give none): unlink says what is a directory.
      long removed = entry->type == DT_DIR ? -EISDIR : raw(SYS_unlinkat, fd, entry->name, 0);
      if (removed == -EISDIR || removed == -EPERM) {
        remove_directory(fd, entry->name, walk, depth);
      } else {
        walk.note(removed);
      }
    }
  }
}

void remove_directory(int dir, const char* name, Walk& walk, int depth) {
  // Reading a directory while it shrinks may pass entries over; then rmdir fails, and it is read
  // again.
  for (int pass = 0; pass < 16; ++pass) {
    long removed = raw(SYS_unlinkat, dir, name, AT_REMOVEDIR);
    if (removed != -ENOTEMPTY && removed != -EEXIST) return walk.note(removed);
    if (walk.error) return;
    if (depth == depth_limit) {
      char moved[] = ".removing-00000000";
      unsigned number = walk.moved++;
      for (std::size_t i = sizeof moved - 2; number; number >>= 4, --i)
        moved[i] = "0123456789abcdef"[number & 15];
      return walk.note(raw(SYS_renameat2, dir, name, walk.top, moved, 0));
    }
    int fd = open_directory(dir, name);
    if (fd < 0) return walk.note(fd);
    const unsigned moved = walk.moved;
    empty_directory(fd, walk, depth + 1);
    ::close(fd);
    if (walk.moved != moved) pass = 0;  // the top has got what was too deep
  }
  walk.note(-ENOTEMPTY);
}

}  // namespace

int remove_tree(int dir, const char* path) {
  long removed = raw(SYS_unlinkat, dir, path, 0);
  if (removed == -ENOENT) return 0;
  if (removed != -EISDIR && removed != -EPERM) return static_cast<int>(removed);
  Walk walk{open_directory(dir, path)};
  if (walk.top < 0) return walk.top;
  remove_directory(dir, path, walk, 0);
  ::close(walk.top);
  return walk.error;
}

}  // namespace containerlib::sys
