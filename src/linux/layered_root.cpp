#include "linux/layered_root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <climits>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

using Components = std::vector<std::string>;

constexpr const char* operation = "look up in root";

std::string join(const Components& components) {
  std::string path;
  for (const std::string& component : components) path += '/' + component;
  return path;
}

struct stat status_of(const Fd& file, const Components& path) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw_errno(errno, operation, join(path));
  return status;
}

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

bool is_opaque(const Fd& directory) {
  // An O_PATH descriptor has no attributes, its link in /proc has those of the directory.
  const std::string link = "/proc/thread-self/fd/" + std::to_string(directory.get());
  char value = 0;
  return ::getxattr(link.c_str(), "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/// What one layer says of a path without symlinks.
struct LayerAnswer {
  Fd found;            ///< the entry, O_PATH
  bool hides = false;  ///< the layers below are not asked
};

LayerAnswer ask(const RootFd& layer, const Components& path) {
  Fd at = layer.open(".", O_PATH | O_DIRECTORY);
  bool hides = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i].size() > NAME_MAX) throw_errno(ENAMETOOLONG, operation, join(path));
    const long fd =
        openat2(at.get(), path[i].c_str(), O_PATH | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
    if (fd == -ENOENT) return {{}, hides};
    if (fd < 0) throw_errno(static_cast<int>(-fd), operation, join(path));
    at = Fd(static_cast<int>(fd));
    const struct stat status = status_of(at, path);
    if (is_whiteout(status)) return {{}, true};
    if (i + 1 == path.size()) break;
    if (!S_ISDIR(status.st_mode)) return {{}, true};
    hides = hides || is_opaque(at);
  }
  return {std::move(at), true};
}

std::string link_target(const Fd& link, const Components& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
  if (size < 0) throw_errno(errno, operation, join(path));
  return {target.data(), static_cast<std::size_t>(size)};
}

/// Puts the components of `path` before those still to be walked.
void prepend(Components& rest, const std::string& path) {
  Components components;
  for (const std::string_view component : split(path, '/'))
    if (!component.empty() && component != ".") components.emplace_back(component);
  rest.insert(rest.begin(), components.begin(), components.end());
}

}  // namespace

Fd LayeredRoot::find(const std::string& path) const {
  constexpr int most_symlinks = 40;
  const auto entry = [this](const Components& components) -> Fd {
    for (const RootFd& layer : layers_) {
      LayerAnswer answer = ask(layer, components);
      if (answer.found || answer.hides) return std::move(answer.found);
    }
    return {};
  };

  Components done, rest;
  prepend(rest, path);
  Fd current = entry(done);
  for (int symlinks = 0; !rest.empty();) {
    const std::string next = rest.front();
    rest.erase(rest.begin());
    if (next == "..") {
      if (!done.empty()) done.pop_back();
      current = entry(done);
      continue;
    }
    done.push_back(next);
    current = entry(done);
    if (!current) return {};
    if (!S_ISLNK(status_of(current, done).st_mode)) continue;
    if (++symlinks > most_symlinks) throw_errno(ELOOP, operation, path);
    const std::string target = link_target(current, done);
    done.pop_back();
    if (target.starts_with('/')) done.clear();
    prepend(rest, target);
    current = entry(done);
  }
  return current;
}

std::optional<std::string> LayeredRoot::read_file(const std::string& path,
                                                  std::size_t limit) const {
  const Fd file = find(path);
  if (!file) return std::nullopt;
  return read_regular_file(file, limit, path);
}

}  // namespace containerlib::sys
