#pragma once
#include <containerlib/fd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "linux/root_fd.hpp"

namespace containerlib::sys {

/// The root file system of a container before it is mounted, or beside the mount: what overlayfs
/// would show of these layers (mounted with userxattr). Thread rule: const members from any thread.
///
/// Paths are resolved in the merged tree, symlinks included, and never leave it. A whiteout (device
/// 0:0) hides what is below it, also in place of a directory above; an opaque directory
/// (user.overlay.opaque=y) hides the directories below it.
class LayeredRoot {
 public:
  /// Topmost first: the upper directory if there is one, then the lower ones.
  explicit LayeredRoot(std::vector<RootFd> layers) noexcept : layers_(std::move(layers)) {}

  /// O_PATH descriptor of a path that is no symlink; an empty Fd when there is none. Throws ELOOP
  /// after 40 symlinks.
  Fd find(const std::string& path) const;

  /// As RootFd::read_file().
  std::optional<std::string> read_file(const std::string& path, std::size_t limit) const;

 private:
  std::vector<RootFd> layers_;
};

}  // namespace containerlib::sys
