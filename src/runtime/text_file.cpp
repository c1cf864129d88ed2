#include "runtime/text_file.hpp"

#include <containerlib/fd.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/broken.hpp"
#include "base/error.hpp"

namespace containerlib::runtime {

std::string read_all(int fd, const std::string& subject) {
  std::string out;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(out.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(errno, "read", subject);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string read_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd) return read_all(fd.get(), path);
  if (errno == ENOENT || errno == ENOTDIR) return {};
  throw_errno(errno, "open", path);
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

void write_file(const std::string& path, std::string_view text) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  Fd fd(::open(path.c_str(), flags, 0600));
  if (!fd) throw_errno(errno, "make file", path);
  write_all(fd.get(), text, path);
}

void write_all(int fd, std::string_view text, const std::string& subject) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(errno, "write", subject);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void make_private_dir(const std::string& path) {
  for (std::size_t at = 1; at != path.npos;) {
    at = path.find('/', at + 1);
    const bool last = at == path.npos;
    if (::mkdir(path.substr(0, at).c_str(), last ? 0700 : 0755) != 0 && errno != EEXIST)
      throw_errno(errno, "make directory", path);
  }
  if (broken("SEC-13-run-root")) return;
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) throw_errno(errno, "use directory", path);
  if (!S_ISDIR(status.st_mode)) throw_errno(ENOTDIR, "use directory", path);
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    throw_error(Errc::not_permitted, "use directory", path,
                "it belongs to another user or others may write to it");
}

}  // namespace containerlib::runtime
