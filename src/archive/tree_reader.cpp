#include "archive/tree_reader.hpp"

#include <containerlib/fd.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

#include "archive/source.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

class TreeReader {
 public:
  struct What {
    bool own_as_root = false;
    bool upper = false;  ///< of an overlay
  };
  TreeReader(store::Vfs& vfs, What what, TarWriter& tar,
             const std::function<void(const std::string&)>& warn, const std::stop_token& stop)
      : vfs_(vfs), what_(what), tar_(tar), warn_(warn), stop_(stop) {}

  void directory(int fd, const std::string& path) {
    struct stat status;
    store::check(vfs_.stat(fd, "", status), "read", path);
    TarEntry entry = entry_of(status, path.empty() ? "./" : path + '/');
    entry.type = TarEntry::Type::directory;
    entry.xattrs = xattrs_of(fd, path);
    tar_.header(entry);
    if (what_.upper && is_opaque(fd)) sign(below(path, opaque_sign));
    std::vector<std::string> names;
    store::check(vfs_.list(fd, [&](const char* name, unsigned char) { names.emplace_back(name); }),
                 "read", path);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) child(fd, name, below(path, name));
  }

 private:
  static constexpr const char* opaque_sign = ".wh..wh..opq";
  static constexpr std::string_view sign_prefix = ".wh.";

  static std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + '/' + name;
  }

  /// An empty file that says what is hidden (image-spec, layer.md, "Whiteouts").
  void sign(const std::string& path) { tar_.file(path, ""); }

  bool is_opaque(int fd) const {
    char value = 0;
    return vfs_.get_xattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
  }

  TarEntry entry_of(const struct stat& status, std::string path) const {
    TarEntry entry;
    entry.path = std::move(path);
    entry.mode = status.st_mode & 07777;
    entry.uid = what_.own_as_root ? 0 : status.st_uid;
    entry.gid = what_.own_as_root ? 0 : status.st_gid;
    entry.mtime.tv_sec = status.st_mtim.tv_sec;
    return entry;
  }

  void child(int dir, const std::string& name, const std::string& path) {
    if (stop_.stop_requested()) throw_errno(ECANCELED, "read", path);
    struct stat status;
    store::check(vfs_.stat(dir, name.c_str(), status), "read", path);
    if (what_.upper && is_whiteout(status)) {
      const std::size_t parent = path.size() - name.size();
      return sign(path.substr(0, parent) + std::string(sign_prefix) + name);
    }
    if (what_.upper && name.starts_with(sign_prefix))
      throw_error(Errc::unsupported, "read", path, "its name means a deleted file in a layer");
    if (S_ISDIR(status.st_mode)) {
      Fd fd = store::open_dir(vfs_, dir, name);
      return directory(fd.get(), path);
    }
    if (status.st_nlink > 1 && !S_ISLNK(status.st_mode)) {
      auto [first, is_first] = links_.try_emplace({status.st_dev, status.st_ino}, path);
      if (!is_first) return hard_link(status, path, first->second);
    }
    if (S_ISREG(status.st_mode)) return file(dir, name, path);
    if (S_ISLNK(status.st_mode)) return symlink(dir, name, path, status);
    if (S_ISSOCK(status.st_mode)) return warn_("socket \"" + path + "\" is left out");
    TarEntry entry = entry_of(status, path);
    entry.type = S_ISFIFO(status.st_mode)
                     ? TarEntry::Type::fifo
                     : (S_ISCHR(status.st_mode) ? TarEntry::Type::char_device
                                                : TarEntry::Type::block_device);
    if (!S_ISFIFO(status.st_mode)) {
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
    }
    tar_.header(entry);
  }

  static bool is_whiteout(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
  }

  void hard_link(const struct stat& status, const std::string& path, const std::string& target) {
    TarEntry entry = entry_of(status, path);
    entry.type = TarEntry::Type::hard_link;
    entry.link = target;
    tar_.header(entry);
  }

  void symlink(int dir, const std::string& name, const std::string& path,
               const struct stat& status) {
    char target[PATH_MAX];
    long size =
        store::check(vfs_.read_link(dir, name.c_str(), target, sizeof target), "read", path);
    TarEntry entry = entry_of(status, path);
    entry.type = TarEntry::Type::symlink;
    entry.mode = 0777;
    entry.link.assign(target, static_cast<std::size_t>(size));
    tar_.header(entry);
  }

  void file(int dir, const std::string& name, const std::string& path) {
    // O_NONBLOCK: it may have become a fifo meanwhile.
    Fd fd = store::open_at(vfs_, dir, name, O_RDONLY | O_NONBLOCK);
    struct stat status;
    store::check(vfs_.stat(fd.get(), "", status), "read", path);
    if (!S_ISREG(status.st_mode)) throw_errno(ESTALE, "read", path, "it changes while it is read");
    TarEntry entry = entry_of(status, path);
    entry.size = static_cast<std::uint64_t>(status.st_size);
    entry.xattrs = xattrs_of(fd.get(), path);
    tar_.header(entry);
    FdSource source(vfs_, fd.get(), path, stop_);
    for (std::string_view data = source.next(); !data.empty(); data = source.next())
      tar_.content(data);
  }

  std::vector<std::pair<std::string, std::string>> xattrs_of(int fd, const std::string& path) {
    std::vector<std::pair<std::string, std::string>> out;
    char names[65536];  // the kernel's own limit (XATTR_LIST_MAX)
    ssize_t size = vfs_.list_xattr(fd, names, sizeof names);
    if (size == -EOPNOTSUPP) return out;
    store::check(size, "list attributes of", path);
    for (const char* name = names; name < names + size; name += std::string_view(name).size() + 1) {
      std::string_view text = name;
      const bool list = what_.upper && text.starts_with("system.posix_acl_");
      if (!text.starts_with("user.") && text != "security.capability" && !list) continue;
      if (text.starts_with("user.overlay.")) {
        if (what_.upper) continue;
        warn_("extended attribute " + std::string(text) + " of \"" + path + "\" is left out");
        continue;
      }
      std::string value(65536, '\0');
      long got = store::check(vfs_.get_xattr(fd, name, value.data(), value.size()), "read", path);
      value.resize(static_cast<std::size_t>(got));
      out.emplace_back(text, std::move(value));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  store::Vfs& vfs_;
  What what_;
  TarWriter& tar_;
  const std::function<void(const std::string&)>& warn_;
  const std::stop_token& stop_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

void write_tree(store::Vfs& vfs, int dir, bool own_as_root, TarWriter& tar,
                const std::function<void(const std::string&)>& warn, const std::stop_token& stop) {
  TreeReader(vfs, {.own_as_root = own_as_root}, tar, warn, stop).directory(dir, "");
  tar.finish();
}

void write_upper(store::Vfs& vfs, int dir, TarWriter& tar,
                 const std::function<void(const std::string&)>& warn, const std::stop_token& stop) {
  TreeReader(vfs, {.upper = true}, tar, warn, stop).directory(dir, "");
  tar.finish();
}

}  // namespace containerlib::archive
