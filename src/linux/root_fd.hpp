#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace containerlib::sys {

/// A directory tree that is not trusted, as if it were the root directory: a path is resolved
/// inside it whatever symlinks it holds (absolute ones and ".." start at or stop at this root),
/// also while somebody renames things. Magic links are never followed. Errors are thrown with the
/// path as subject; a path may be absolute or relative, both start at the root. Thread rule: const
/// members from any thread.
class RootFd {
 public:
  /// An existing directory of the host; symlinks on the way to it are followed.
  static RootFd open_host(const std::string& path);
  explicit RootFd(Fd directory) noexcept : fd_(std::move(directory)) {}

  /// A descriptor with O_PATH semantics or better, for at-style calls.
  int get() const noexcept { return fd_.get(); }

  /// Opens with O_CLOEXEC added. O_NOFOLLOW concerns the last component only.
  Fd open(const std::string& path, int flags, mode_t mode = 0) const;
  /// As open(); an empty Fd when there is no such path (ENOENT, ENOTDIR).
  Fd open_if_exists(const std::string& path, int flags) const;

  /// Makes missing directories, each with `mode` (less the umask), and returns the last, O_PATH.
  /// Existing symlinks to directories are followed inside the root; a ".." is EINVAL.
  Fd mkdir_all(const std::string& path, mode_t mode) const;

  /// The content of a regular file; nullopt when there is none. Throws EFBIG for more than `limit`
  /// bytes and EINVAL when it is no regular file, which is then never opened for reading.
  std::optional<std::string> read_file(const std::string& path, std::size_t limit) const;

 private:
  Fd fd_;
};

/// The content of the file that an O_PATH descriptor stands for. Errors as RootFd::read_file();
/// `name` is the Error's subject.
std::string read_regular_file(const Fd& file, std::size_t limit, const std::string& name);

}  // namespace containerlib::sys
