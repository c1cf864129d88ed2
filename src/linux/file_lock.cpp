#include "linux/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::sys {
namespace {

struct flock write_lock(std::int64_t byte) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}

}  // namespace

bool try_lock(int fd, std::int64_t byte, const std::string& subject) {
  struct flock lock = write_lock(byte);
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_errno(errno, "lock", subject);
}

bool is_locked(int fd, std::int64_t byte, const std::string& subject) {
  struct flock lock = write_lock(byte);
  if (::fcntl(fd, F_OFD_GETLK, &lock) != 0) throw_errno(errno, "ask for the lock of", subject);
  return lock.l_type != F_UNLCK;
}

}  // namespace containerlib::sys
