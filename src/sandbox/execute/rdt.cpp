#include "sandbox/execute/rdt.hpp"

#include <sys/stat.h>

#include <climits>
#include <cstring>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

int open_schemata(const char* group, int flags) {
  constexpr char name[] = "/schemata";
  char path[PATH_MAX];
  const std::size_t size = std::strlen(group);
  if (size + sizeof name > sizeof path) return -ENAMETOOLONG;
  std::memcpy(path, group, size);
  std::memcpy(path + size, name, sizeof name);
  const int fd = ::open(path, flags | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/// Calls `each(line, size)` for the lines of a text, until one fails.
template <class Each>
int for_each_line(const char* text, Each each) {
  while (*text) {
    const std::size_t size = std::strcspn(text, "\n");
    if (int r = each(text, size); r < 0) return r;
    text += size + (text[size] == '\n');
  }
  return 0;
}

int write_schemata(const char* group, const char* lines, std::size_t size) {
  const int fd = open_schemata(group, O_WRONLY);
  if (fd < 0) return fd;
  const int result = ::write(fd, lines, size) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

/// Whether one of the lines is this one; the kernel indents them.
bool has_line(const char* lines, const char* line, std::size_t size) {
  return for_each_line(lines, [&](const char* candidate, std::size_t length) {
           const std::size_t blanks = std::strspn(candidate, " ");
           return length >= blanks && length - blanks == size &&
                          std::memcmp(candidate + blanks, line, size) == 0
                      ? -EEXIST
                      : 0;
         }) < 0;
}

int compare_schemata(const char* group, const char* lines) {
  const int fd = open_schemata(group, O_RDONLY);
  if (fd < 0) return fd;
  char have[16384];
  const ssize_t got = ::read(fd, have, sizeof have - 1);
  ::close(fd);
  if (got < 0) return -errno;
  have[got] = '\0';
  return for_each_line(lines, [&](const char* line, std::size_t size) {
    return has_line(have, line, size) ? 0 : -EEXIST;
  });
}

}  // namespace

int make_rdt_group(const Launch& l, const MakeRdtGroup& s) {
  const char* path = l.plan.str(s.path);
  const char* schemata = l.plan.str(s.schemata);
  if (s.existing) {
    struct stat st;
    return ::stat(path, &st) < 0 ? -errno : 0;
  }
  if (::mkdir(path, 0755) < 0) return errno == EEXIST ? compare_schemata(path, schemata) : -errno;
  const int result = *schemata ? write_schemata(path, schemata, s.schemata.size) : 0;
  if (result < 0) ::rmdir(path);
  return result;
}

int make_monitor_group(const char* path) { return ::mkdir(path, 0755) < 0 ? -errno : 0; }

}  // namespace containerlib::sandbox
