#include "linux/root_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

constexpr const char* operation = "open in root";

Fd checked(long result, const std::string& path) {
  if (result < 0) throw_errno(static_cast<int>(-result), operation, path);
  return Fd(static_cast<int>(result));
}

}  // namespace

RootFd RootFd::open_host(const std::string& path) {
  Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) throw_errno(errno, "open directory", path);
  return RootFd(std::move(directory));
}

Fd RootFd::open(const std::string& path, int flags, mode_t mode) const {
  const long fd = openat2(get(), path.c_str(), static_cast<unsigned>(flags), RESOLVE_IN_ROOT, mode);
  return checked(fd, path);
}

Fd RootFd::open_if_exists(const std::string& path, int flags) const {
  const long fd = openat2(get(), path.c_str(), static_cast<unsigned>(flags), RESOLVE_IN_ROOT);
  if (fd == -ENOENT || fd == -ENOTDIR) return {};
  return checked(fd, path);
}

Fd RootFd::mkdir_all(const std::string& path, mode_t mode) const {
  Fd directory = open(".", O_PATH | O_DIRECTORY);
  std::string so_far;
  bool made = false;  // below a directory that we made nothing is to be followed
  for (const std::string_view component : split(path, '/')) {
    if (component.empty() || component == ".") continue;
    if (component == "..") throw_errno(EINVAL, "make directory in root", path);
    const std::string name(component);
    so_far += '/' + name;
    Fd next;
    if (!made) next = open_if_exists(so_far, O_PATH | O_DIRECTORY);
    if (!next) {
      if (::mkdirat(directory.get(), name.c_str(), mode) != 0 && errno != EEXIST)
        throw_errno(errno, "make directory in root", so_far);
      next = checked(openat2(directory.get(), name.c_str(), O_PATH | O_DIRECTORY,
                             RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
                     so_far);
      made = true;
    }
    directory = std::move(next);
  }
  return directory;
}

std::optional<std::string> RootFd::read_file(const std::string& path, std::size_t limit) const {
  const Fd file = open_if_exists(path, O_PATH);
  if (!file) return std::nullopt;
  return read_regular_file(file, limit, path);
}

std::string read_regular_file(const Fd& file, std::size_t limit, const std::string& name) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw_errno(errno, "inspect", name);
  // A FIFO would block, and opening a device can have effects.
  if (!S_ISREG(status.st_mode)) throw_errno(EINVAL, "read", name, "not a regular file");
  // The only way from O_PATH to a readable descriptor of the same file; the link is the kernel's
  // own.
  const std::string link = "/proc/thread-self/fd/" + std::to_string(file.get());
  const Fd readable(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) throw_errno(errno, "read", name);
  return read_all(readable.get(), limit, name);
}

}  // namespace containerlib::sys
