#pragma once
#include <sys/stat.h>
#include <sys/types.h>

#include <ctime>
#include <functional>
#include <string_view>

namespace containerlib::store {

/// Every call of the store and the unpacker to the disk. A thin seam: each member is one system
/// call and returns its result, or -errno; names are relative to a directory descriptor. Tests
/// override members to fail or to crash at the n-th call. All descriptors are O_CLOEXEC. Members
/// may be called from any thread.
class Vfs {
 public:
  virtual ~Vfs() = default;
  /// openat2(2); `resolve` are RESOLVE_ flags.
  virtual int open(int dir, const char* path, int flags, mode_t mode, unsigned resolve);
  virtual ssize_t read(int fd, void* data, std::size_t size);
  virtual ssize_t write(int fd, const void* data, std::size_t size);
  virtual int make_dir(int dir, const char* name, mode_t mode);
  virtual int make_symlink(const char* target, int dir, const char* name);
  virtual int make_node(int dir, const char* name, mode_t mode, dev_t device);
  /// linkat(2) without following.
  virtual int link(int from_dir, const char* from, int to_dir, const char* to);
  /// Gives a name to an open file that has none (O_TMPFILE).
  virtual int link_open(int fd, int to_dir, const char* to);
  /// renameat2(2); `flags` are RENAME_ flags.
  virtual int rename(int from_dir, const char* from, int to_dir, const char* to, unsigned flags);
  /// unlinkat(2); `flags` may be AT_REMOVEDIR.
  virtual int unlink(int dir, const char* name, int flags);
  /// fstatat(2) without following; an empty name is the descriptor itself.
  virtual int stat(int dir, const char* name, struct stat& out);
  virtual ssize_t read_link(int dir, const char* name, char* out, std::size_t size);
  /// fchownat(2) without following; an empty name is the descriptor itself.
  virtual int change_owner(int dir, const char* name, uid_t uid, gid_t gid);
  virtual int change_mode(int fd, mode_t mode);
  /// fchmodat(2): for a name that is no symbolic link.
  virtual int change_mode_at(int dir, const char* name, mode_t mode);
  /// utimensat(2) without following.
  virtual int set_times(int dir, const char* name, const timespec times[2]);
  virtual int set_times(int fd, const timespec times[2]);
  virtual int set_xattr(int fd, const char* name, std::string_view value);
  /// flistxattr(2).
  virtual ssize_t list_xattr(int fd, char* out, std::size_t size);
  /// fgetxattr(2).
  virtual ssize_t get_xattr(int fd, const char* name, char* out, std::size_t size);
  /// Calls `each` with every name in a directory but "." and ".."; `fd` is read from its start.
  virtual int list(int fd, const std::function<void(const char* name, unsigned char type)>& each);
  /// flock(2).
  virtual int lock(int fd, int operation);
  virtual int sync(int fd);
  virtual int sync_file_system(int fd);
  /// Called before each commit of the index (SQLite has its own file access); an error aborts it.
  virtual int commit_index();

  /// The one that does what it says. Lives for ever.
  static Vfs& real();
};

}  // namespace containerlib::store
