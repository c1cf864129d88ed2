#pragma once
#include <cstdint>
#include <string>

// Locks on single bytes of a file (F_OFD_SETLK, fcntl(2)). They belong to the open file: they go
// with the last copy of its descriptor, in whatever process, and two open files exclude each other
// also within one process. Unlike with flock(2), one file has many, and to ask is not to take.
// `subject` is the Error's. Any thread.
namespace containerlib::sys {

/// False: another open file has it. `fd` must be open for writing.
bool try_lock(int fd, std::int64_t byte, const std::string& subject);
/// Whether another open file has it.
bool is_locked(int fd, std::int64_t byte, const std::string& subject);

}  // namespace containerlib::sys
