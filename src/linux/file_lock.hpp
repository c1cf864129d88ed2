#pragma once
#include <cstdint>
#include <string>

// Locks on bytes of a file (F_OFD_SETLK, fcntl(2)). They belong to the open file: they go with the
// last copy of its descriptor, in whatever process, and two open files exclude each other also
// within one process. Unlike with flock(2), one file has many, and to ask is not to take. `subject`
// is the Error's. Any thread.
namespace containerlib::sys {

/// Bytes that are locked as one; the file need not be so long.
struct LockRange {
  std::int64_t first = 0, count = 1;
};

/// False: another open file has some of it. `fd` must be open for writing.
bool try_lock(int fd, LockRange, const std::string& subject);
/// Whether another open file has some of it.
bool is_locked(int fd, LockRange, const std::string& subject);
/// No error when it was not locked.
void unlock(int fd, LockRange) noexcept;

}  // namespace containerlib::sys
