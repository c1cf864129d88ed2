#include "store/vfs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace containerlib::store {
namespace {

template <class Number>
Number or_errno(Number result) {
  return result < 0 ? static_cast<Number>(-errno) : result;
}

template <class Call>
auto restarting(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return or_errno(result);
}

}  // namespace

int Vfs::open(int dir, const char* path, int flags, mode_t mode, unsigned resolve) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = resolve;
  // EAGAIN: a rename somewhere raced with a scoped lookup (openat2(2)).
  for (int attempt = 0; attempt < 128; ++attempt) {
    long fd = restarting([&] { return ::syscall(SYS_openat2, dir, path, &how, sizeof how); });
    if (fd != -EAGAIN) return static_cast<int>(fd);
  }
  return -EAGAIN;
}

ssize_t Vfs::read(int fd, void* data, std::size_t size) {
  return restarting([&] { return ::read(fd, data, size); });
}
ssize_t Vfs::write(int fd, const void* data, std::size_t size) {
  return restarting([&] { return ::write(fd, data, size); });
}
int Vfs::make_dir(int dir, const char* name, mode_t mode) {
  return or_errno(::mkdirat(dir, name, mode));
}
int Vfs::make_symlink(const char* target, int dir, const char* name) {
  return or_errno(::symlinkat(target, dir, name));
}
int Vfs::make_node(int dir, const char* name, mode_t mode, dev_t device) {
  return or_errno(::mknodat(dir, name, mode, device));
}
int Vfs::link(int from_dir, const char* from, int to_dir, const char* to) {
  return or_errno(::linkat(from_dir, from, to_dir, to, 0));
}
int Vfs::link_open(int fd, int to_dir, const char* to) {
  // AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH (open(2)).
  const std::string file = "/proc/self/fd/" + std::to_string(fd);
  return or_errno(::linkat(AT_FDCWD, file.c_str(), to_dir, to, AT_SYMLINK_FOLLOW));
}
int Vfs::rename(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  return or_errno(::renameat2(from_dir, from, to_dir, to, flags));
}
int Vfs::unlink(int dir, const char* name, int flags) {
  return or_errno(::unlinkat(dir, name, flags));
}
int Vfs::stat(int dir, const char* name, struct stat& out) {
  return or_errno(::fstatat(dir, name, &out, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}
ssize_t Vfs::read_link(int dir, const char* name, char* out, std::size_t size) {
  return or_errno(::readlinkat(dir, name, out, size));
}
int Vfs::change_owner(int dir, const char* name, uid_t uid, gid_t gid) {
  return or_errno(::fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}
int Vfs::change_mode(int fd, mode_t mode) { return or_errno(::fchmod(fd, mode)); }
int Vfs::change_mode_at(int dir, const char* name, mode_t mode) {
  return or_errno(::fchmodat(dir, name, mode, 0));
}
int Vfs::set_times(int dir, const char* name, const timespec times[2]) {
  return or_errno(::utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW));
}
int Vfs::set_times(int fd, const timespec times[2]) { return or_errno(::futimens(fd, times)); }
int Vfs::set_xattr(int fd, const char* name, std::string_view value) {
  return or_errno(::fsetxattr(fd, name, value.data(), value.size(), 0));
}
ssize_t Vfs::list_xattr(int fd, char* out, std::size_t size) {
  return or_errno(::flistxattr(fd, out, size));
}
ssize_t Vfs::get_xattr(int fd, const char* name, char* out, std::size_t size) {
  return or_errno(::fgetxattr(fd, name, out, size));
}

int Vfs::list(int fd, const std::function<void(const char*, unsigned char)>& each) {
  // Another open file description: the position of the caller's is nobody's business.
  int own = open(fd, ".", O_RDONLY | O_DIRECTORY, 0, 0);
  if (own < 0) return own;
  DIR* stream = ::fdopendir(own);
  if (!stream) {
    int error = errno;
    ::close(own);
    return -error;
  }
  struct Closer {
    DIR* stream;
    ~Closer() { ::closedir(stream); }
  } closer{stream};
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (!entry) return -errno;
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") each(entry->d_name, entry->d_type);
  }
}

int Vfs::lock(int fd, int operation) {
  return restarting([&] { return ::flock(fd, operation); });
}
int Vfs::sync(int fd) {
  return restarting([&] { return ::fsync(fd); });
}
int Vfs::sync_file_system(int fd) { return or_errno(::syncfs(fd)); }
int Vfs::commit_index() { return 0; }

Vfs& Vfs::real() {
  static Vfs vfs;
  return vfs;
}

}  // namespace containerlib::store
