#pragma once
#include <cstddef>
#include <cstring>

namespace containerlib::sandbox {

/// A path with a number in it, such as "/proc/12/uid_map", without allocation. `head` and `tail`
/// are short texts of this program.
struct ProcPath {
  char text[64];

  ProcPath(int pid, const char* file) : ProcPath("/proc/", pid, file) {}
  ProcPath(const char* head, int number, const char* tail) {
    char digits[12];
    std::size_t n = 0;
    do digits[n++] = static_cast<char>('0' + number % 10);
    while (number /= 10);
    std::size_t at = std::strlen(head);
    std::memcpy(text, head, at);
    while (n) text[at++] = digits[--n];
    std::memcpy(text + at, tail, std::strlen(tail) + 1);
  }
};

}  // namespace containerlib::sandbox
