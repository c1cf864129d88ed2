#include "archive/inherit.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace containerlib::archive {
namespace {

enum class Found { directory, nothing, hidden };

bool is_opaque(store::Vfs& vfs, int fd) {
  char value = 0;
  return vfs.get_xattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/// Looks in one layer. hidden: the layers below it do not count for this path.
Found look(store::Vfs& vfs, int layer, std::string_view path, struct stat& status) {
  Fd dir(vfs.open(layer, ".", O_RDONLY | O_DIRECTORY, 0, 0));
  if (!dir || vfs.stat(dir.get(), "", status) < 0) return Found::hidden;
  bool opaque = false;
  while (!path.empty()) {
    std::size_t slash = path.find('/');
    std::string name(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    int result = vfs.stat(dir.get(), name.c_str(), status);
    if (result == -ENOENT) return opaque ? Found::hidden : Found::nothing;
    if (result < 0 || !S_ISDIR(status.st_mode)) return Found::hidden;
    dir = Fd(vfs.open(dir.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0));
    if (!dir) return path.empty() ? Found::directory : Found::hidden;  // not ours to look into
    opaque = opaque || is_opaque(vfs, dir.get());
  }
  return Found::directory;
}

}  // namespace

bool inherit_metadata(store::Vfs& vfs, const OpenLower& open_lower, const std::string& path,
                      bool owners, TreeWriter::Metadata& out) {
  for (std::size_t number = 0;; ++number) {
    Fd layer = open_lower(number);
    if (!layer) return false;
    struct stat status;
    Found found = look(vfs, layer.get(), path, status);
    if (found == Found::hidden) return false;
    if (found == Found::nothing) continue;
    out.mode = status.st_mode & 07777;
    out.mtime = status.st_mtim;
    if (owners) {
      out.uid = status.st_uid;
      out.gid = status.st_gid;
    }
    return true;
  }
}

}  // namespace containerlib::archive
