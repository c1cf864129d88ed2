#include "archive/tree_writer.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "archive/entry_path.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

constexpr unsigned in_root = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
constexpr unsigned without_links = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
constexpr std::string_view capability_xattr = "security.capability";
/// About what a map's node takes beside its texts.
constexpr std::uint64_t node_size = 128;

TreeWriter::Metadata metadata_of(const TarEntry& entry) {
  return {entry.mode, entry.uid, entry.gid, entry.mtime, entry.xattrs};
}

std::string below(const std::string& dir, std::string_view name) {
  return dir.empty() ? std::string(name) : dir + '/' + std::string(name);
}

bool is_overlay_xattr(std::string_view name) {
  return name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.");
}

/// Others belong to the host (security.selinux) or to nobody a container may be (trusted.*).
bool is_kept_xattr(std::string_view name) {
  return name.starts_with("user.") || name == capability_xattr ||
         name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

void set_times(store::Vfs& vfs, int dir, const char* name, const timespec& mtime,
               const TreeWriter::Warn& warn, const std::string& path) {
  const timespec times[2] = {mtime, mtime};
  int result = name ? vfs.set_times(dir, name, times) : vfs.set_times(dir, times);
  // A time the file system cannot hold is clamped by the kernel; EINVAL is left for odd ones.
  if (result == -EINVAL) return warn("time of \"" + path + "\" cannot be kept");
  store::check(result, "set times of", path);
}

}  // namespace

TreeWriter::TreeWriter(store::Vfs& vfs, int root, const Host& host, std::string layer, Warn warn)
    : vfs_(vfs),
      root_(root),
      fixer_(host.owners),
      kept_limit_(host.limits.kept_size),
      layer_(std::move(layer)),
      warn_(std::move(warn)) {
  struct stat status;
  check(vfs_.stat(root_, "", status), "open", "");
  born_root_ = (status.st_mode & S_ISGID) == 0 && status.st_uid == 0 && status.st_gid == 0;
  check(vfs_.make_dir(root_, ".probe", 0700), "make directory", ".probe");
  struct stat probe;
  check(vfs_.stat(root_, ".probe", probe), "make directory", ".probe");
  exact_modes_ = (probe.st_mode & 0700) == 0700;
  check(vfs_.unlink(root_, ".probe", AT_REMOVEDIR), "make directory", ".probe");
  directories_[""].implicit = true;
}

void TreeWriter::refuse(const std::string& path, std::string why) const {
  throw_error(Errc::image_corrupt, "unpack", layer_ + " entry \"" + path + '"', std::move(why));
}

long TreeWriter::check(long result, const char* operation, const std::string& path) const {
  if (result == -ELOOP || result == -ENOTDIR)
    refuse(path, "it lies below something that is no directory");
  return store::check(result, operation, layer_ + " entry \"" + path + '"');
}

void TreeWriter::keep(const std::string& path, const Xattrs& xattrs) {
  kept_size_ += node_size + path.size();
  for (const auto& [name, value] : xattrs) kept_size_ += node_size + name.size() + value.size();
  if (kept_size_ > kept_limit_)
    refuse(path, "the layer's directories, whiteouts and owners take more than " +
                     std::to_string(kept_limit_) + " bytes");
}

void TreeWriter::whiteout(const std::string& path) {
  keep(path);
  whiteouts_.insert(path);
}

void TreeWriter::opaque(const std::string& directory) {
  keep(directory);
  opaques_.insert(directory);
}

TreeWriter::Place TreeWriter::look_up(const std::string& path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY;
  const char* name = path.empty() ? "." : path.c_str();
  int fd = vfs_.open(root_, name, flags, 0, without_links);
  if (fd >= 0) return {Fd(fd), 0, path};
  if (fd == -ELOOP) fd = vfs_.open(root_, name, flags, 0, in_root);
  if (fd < 0) return {Fd(), fd, {}};
  Place out{Fd(fd), 0, {}};
  auto path_of = [&](int dir) {
    char buffer[PATH_MAX];
    std::string link = "/proc/self/fd/" + std::to_string(dir);
    long size =
        check(vfs_.read_link(AT_FDCWD, link.c_str(), buffer, sizeof buffer), "resolve", path);
    return std::string(buffer, static_cast<std::size_t>(size));
  };
  std::string root = path_of(root_), real = path_of(fd);
  if (!real.starts_with(root)) refuse(path, "it cannot be resolved");
  if (real.size() > root.size()) out.real = real.substr(root.size() + 1);
  return out;
}

TreeWriter::Place TreeWriter::require(Place place, const std::string& path) const {
  check(place.error, "open directory", path);
  return place;
}

int TreeWriter::parent_of(const std::string& path) {
  std::string parent(split_path(path).parent);
  if (parent.empty()) return root_;
  if (cached_.fd && cached_path_ == parent) return cached_.fd.get();
  Place place = look_up(parent);
  if (place.error == -ENOENT) place = make_directories(parent);
  cached_ = require(std::move(place), parent);
  cached_path_ = std::move(parent);
  return cached_.fd.get();
}

TreeWriter::Place TreeWriter::make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
    std::string part = path.substr(0, slash);
    Place place = look_up(part);
    if (place.error == -ENOENT) {
      SplitPath split = split_path(part);
      Place parent = require(look_up(std::string(split.parent)), part);
      make_directory(parent.fd.get(), std::string(split.name), part);
      std::string real = below(parent.real, split.name);
      keep(real);
      directories_[real].implicit = true;
      place = look_up(part);
    }
    if (slash == std::string::npos || place.error != 0) return place;
  }
}

void TreeWriter::make_directory(int parent, const std::string& name, const std::string& path) {
  int result = vfs_.make_dir(parent, name.c_str(), 0700);
  // A link to nowhere: making its target is not what the entry says.
  if (result == -EEXIST) refuse(path, "it is a symbolic link that leads nowhere");
  check(result, "make directory", path);
  if (!exact_modes_) check(vfs_.change_mode_at(parent, name.c_str(), 0700), "make directory", path);
}

void TreeWriter::forget(const std::string& path) {
  cached_.fd.reset();
  auto erase = [&](auto& container) {
    container.erase(path);
    auto below = container.lower_bound(path + '/');
    while (below != container.end()) {
      const std::string* name = nullptr;
      if constexpr (requires { below->first; })
        name = &below->first;
      else
        name = &*below;
      if (!name->starts_with(path + '/')) break;
      below = container.erase(below);
    }
  };
  erase(directories_);
  erase(owners_);
}

int TreeWriter::replacing(const std::string& path,
                          const std::function<int(int, const char*)>& make) {
  int parent = parent_of(path);
  std::string name(split_path(path).name);
  int result = make(parent, name.c_str());
  if (result != -EEXIST) return result;
  // The cache may hold the very directory that goes.
  Fd own(static_cast<int>(
      check(vfs_.open(parent, ".", O_RDONLY | O_DIRECTORY, 0, 0), "open directory", path)));
  forget(real_path(path));
  store::remove_tree(vfs_, own.get(), name);
  return make(own.get(), name.c_str());
}

void TreeWriter::set_owner(int dir, const char* name, const std::string& path, std::uint32_t uid,
                           std::uint32_t gid) {
  if (fixer_ || (born_root_ && uid == 0 && gid == 0)) return;
  check(vfs_.change_owner(dir, name, uid, gid), "change owner of", path);
}

void TreeWriter::set_xattrs(int fd, const std::string& path, const Metadata& metadata) {
  for (const auto& [name, value] : metadata.xattrs) {
    if (is_overlay_xattr(name))
      refuse(path, "the extended attribute " + name + " would steer the overlay file system");
    if (fixer_ && name == capability_xattr) continue;  // handed over
    if (!is_kept_xattr(name)) {
      warn_("extended attribute " + name + " of \"" + path + "\" is left out");
      continue;
    }
    int result = vfs_.set_xattr(fd, name.c_str(), value);
    bool impossible = result == -EOPNOTSUPP || (result == -EPERM && name != capability_xattr);
    if (impossible)
      warn_("extended attribute " + name + " of \"" + path + "\" cannot be kept here");
    else
      check(result, "set extended attribute of", path);
  }
}

void TreeWriter::hand_over(const std::string& path, const Metadata& metadata, bool symlink) {
  if (!fixer_) return;
  std::string capability;
  for (const auto& [name, value] : metadata.xattrs)
    if (name == capability_xattr) capability = value;
  if (metadata.uid == 0 && metadata.gid == 0 && capability.empty()) return;
  keep(path);
  owners_[path] = {.path = path,
                   .uid = metadata.uid,
                   .gid = metadata.gid,
                   .mode = metadata.mode,
                   .symlink = symlink,
                   .capability = std::move(capability)};
}

std::string TreeWriter::real_path(const std::string& path) {
  SplitPath split = split_path(path);
  if (split.parent.empty()) return path;
  parent_of(path);
  return below(cached_.real, split.name);
}

void TreeWriter::directory(const std::string& path, const TarEntry& entry) {
  if (!path.empty()) {
    int parent = parent_of(path);
    std::string name(split_path(path).name);
    struct stat status;
    bool there = vfs_.stat(parent, name.c_str(), status) == 0 && S_ISDIR(status.st_mode);
    if (!there) {
      check(replacing(path,
                      [&](int dir, const char* last) {
                        int result = vfs_.make_dir(dir, last, 0700);
                        if (result == 0 && !exact_modes_)
                          result = vfs_.change_mode_at(dir, last, 0700);
                        return result;
                      }),
            "make directory", path);
    }
  }
  Metadata metadata = metadata_of(entry);
  keep(path, metadata.xattrs);
  directories_[real_path(path)] = {false, std::move(metadata)};
}

void TreeWriter::file(const std::string& path, const TarEntry& entry, const Content& content) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  Fd fd(static_cast<int>(check(
      replacing(path,
                [&](int dir, const char* name) { return vfs_.open(dir, name, flags, 0600, 0); }),
      "make file", path)));
  std::string subject = layer_ + " entry \"" + path + '"';
  for (std::string_view data = content(); !data.empty(); data = content())
    store::write_all(vfs_, fd.get(), data, subject);
  Metadata metadata = metadata_of(entry);
  set_owner(fd.get(), "", path, entry.uid, entry.gid);
  set_xattrs(fd.get(), path, metadata);
  check(vfs_.change_mode(fd.get(), entry.mode), "change mode of", path);
  set_times(vfs_, fd.get(), nullptr, entry.mtime, warn_, path);
  hand_over(real_path(path), metadata, false);
}

void TreeWriter::symlink(const std::string& path, const TarEntry& entry) {
  if (entry.link.empty()) refuse(path, "a symbolic link without a target");
  check(replacing(path,
                  [&](int dir, const char* name) {
                    return vfs_.make_symlink(entry.link.c_str(), dir, name);
                  }),
        "make symbolic link", path);
  std::string name(split_path(path).name);
  int parent = parent_of(path);
  set_owner(parent, name.c_str(), path, entry.uid, entry.gid);
  set_times(vfs_, parent, name.c_str(), entry.mtime, warn_, path);
  for (const auto& [xattr, value] : entry.xattrs)
    if (is_overlay_xattr(xattr)) refuse(path, "the extended attribute " + xattr);
  Metadata metadata = metadata_of(entry);
  metadata.xattrs.clear();
  hand_over(real_path(path), metadata, true);
}

void TreeWriter::hard_link(const std::string& path, const std::string& target) {
  if (path == target) refuse(path, "a hard link to itself");
  auto absent = [&] {
    refuse(path, "a hard link to \"" + target + "\", which is no earlier file of this layer");
  };
  std::string target_parent(split_path(target).parent), target_name(split_path(target).name);
  Place from = look_up(target_parent);
  if (target.empty() || from.error == -ENOENT) absent();
  check(from.error, "open directory", target);
  struct stat status;
  int found = vfs_.stat(from.fd.get(), target_name.c_str(), status);
  if (found == -ENOENT || (found == 0 && S_ISDIR(status.st_mode))) absent();
  check(found, "link", target);
  int result = replacing(path, [&](int dir, const char* name) {
    return vfs_.link(from.fd.get(), target_name.c_str(), dir, name);
  });
  if (result == -ENOENT) absent();  // it was a name for the target that made room
  check(result, "make hard link", path);
}

void TreeWriter::node(const std::string& path, const TarEntry& entry) {
  bool is_fifo = entry.type == TarEntry::Type::fifo;
  bool is_char = entry.type == TarEntry::Type::char_device;
  if (is_char && entry.device_major == 0 && entry.device_minor == 0)
    refuse(path, "a 0:0 device, which would be a whiteout in disguise");
  if (!is_fifo && fixer_) return warn_("device \"" + path + "\" is left out (rootless)");
  mode_t type = is_fifo ? S_IFIFO : (is_char ? S_IFCHR : S_IFBLK);
  int result = replacing(path, [&](int dir, const char* name) {
    return vfs_.make_node(dir, name, type | 0600, makedev(entry.device_major, entry.device_minor));
  });
  if (result == -EPERM && !is_fifo) return warn_("device \"" + path + "\" may not be made here");
  check(result, "make node", path);
  std::string name(split_path(path).name);
  int parent = parent_of(path);
  set_owner(parent, name.c_str(), path, entry.uid, entry.gid);
  check(vfs_.change_mode_at(parent, name.c_str(), entry.mode), "change mode of", path);
  set_times(vfs_, parent, name.c_str(), entry.mtime, warn_, path);
  Metadata metadata = metadata_of(entry);
  metadata.xattrs.clear();
  hand_over(real_path(path), metadata, false);
}

void TreeWriter::write_whiteout(const std::string& path) {
  int parent = parent_of(path);
  std::string name(split_path(path).name);
  // Not a real device: no privilege is needed since Linux 5.8.
  int result = vfs_.make_node(parent, name.c_str(), S_IFCHR, makedev(0, 0));
  if (result == -EEXIST) {
    struct stat status;
    check(vfs_.stat(parent, name.c_str(), status), "make whiteout", path);
    if (S_ISDIR(status.st_mode)) mark_opaque(path);
    return;
  }
  check(result, "make whiteout", path);
}

void TreeWriter::mark_opaque(const std::string& path) {
  if (path.empty()) return;  // overlay does not look at a root; Store::lowers() ends there
  int dir = parent_of(path + "/.");
  int result = vfs_.set_xattr(dir, "user.overlay.opaque", "y");
  if (result == -EOPNOTSUPP)
    throw_error(Errc::unsupported, "mark opaque directory", layer_ + " entry \"" + path + '"',
                "the data directory's file system has no user extended attributes");
  check(result, "mark opaque directory", path);
}

void TreeWriter::finish_directory(const std::string& path, Metadata& metadata) {
  Place place = require(look_up(path), path);
  int fd = place.fd.get();
  if (fixer_ && path.empty() && (metadata.uid != 0 || metadata.gid != 0)) {
    // We could neither rename nor remove the layer if its root were not ours.
    warn_("the layer's root stays owned by 0:0 (rootless)");
    metadata.uid = metadata.gid = 0;
  }
  set_owner(fd, "", path, metadata.uid, metadata.gid);
  hand_over(path, metadata, false);
  set_xattrs(fd, path, metadata);
  check(vfs_.change_mode(fd, metadata.mode), "change mode of", path);
  set_times(vfs_, fd, nullptr, metadata.mtime, warn_, path);
}

void TreeWriter::finish(const Inherit& inherit) {
  for (const std::string& path : whiteouts_) write_whiteout(path);
  for (const std::string& path : opaques_) mark_opaque(path);
  cached_.fd.reset();
  // A path sorts before all that is below it.
  for (auto entry = directories_.rbegin(); entry != directories_.rend(); ++entry) {
    auto& [path, directory] = *entry;
    if (directory.implicit) inherit(path, directory.metadata);
    finish_directory(path, directory.metadata);
  }
  if (owners_.empty()) return;
  std::vector<Owner> owners;
  for (auto& [path, owner] : owners_) owners.push_back(std::move(owner));
  fixer_->apply(root_, owners);
}

}  // namespace containerlib::archive
