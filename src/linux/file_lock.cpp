#include "linux/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::sys {
namespace {

struct flock lock_of(short type, LockRange range) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.first;
  lock.l_len = range.count;
  return lock;
}

}  // namespace

bool try_lock(int fd, LockRange range, const std::string& subject) {
  struct flock lock = lock_of(F_WRLCK, range);
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_errno(errno, "lock", subject);
}

bool is_locked(int fd, LockRange range, const std::string& subject) {
  struct flock lock = lock_of(F_WRLCK, range);
  if (::fcntl(fd, F_OFD_GETLK, &lock) != 0) throw_errno(errno, "ask for the lock of", subject);
  return lock.l_type != F_UNLCK;
}

void unlock(int fd, LockRange range) noexcept {
  struct flock lock = lock_of(F_UNLCK, range);
  ::fcntl(fd, F_OFD_SETLK, &lock);
}

}  // namespace containerlib::sys
