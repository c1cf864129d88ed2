#pragma once
#include <containerlib/fd.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/tar_entry.hpp"

namespace containerlib::archive {

/// Writes the tree of one layer below a directory that nobody else uses. Every path is looked up
/// with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), so that a symbolic link of the layer
/// leads nowhere but into the layer (SEC-72); everything is made by O_EXCL or its like. Order for a
/// file: owner (which clears set-id bits and capabilities), xattrs, mode, times; directories get
/// theirs in finish(), the deepest first. A later entry replaces an earlier one of the same name.
/// Paths are as clean_path() gives them; a directory that has several, through symbolic links of
/// the layer, is one directory. Failures throw errnos with the path as the subject, or
/// image_corrupt through `refuse`.
class TreeWriter {
 public:
  using Content = std::function<std::string_view()>;  ///< the next bytes; empty at the end
  using Warn = std::function<void(const std::string&)>;

  TreeWriter(store::Vfs&, int root, const Host&, std::string layer, Warn);

  void directory(const std::string& path, const TarEntry&);
  void file(const std::string& path, const TarEntry&, const Content&);
  void symlink(const std::string& path, const TarEntry&);
  void hard_link(const std::string& path, const std::string& target);
  void node(const std::string& path, const TarEntry&);  ///< a device or a fifo
  /// Hides `path` of the layers below. Takes effect in finish(), so that order does not matter:
  /// an entry of this layer stays, and a directory becomes opaque.
  void whiteout(const std::string& path);
  void opaque(const std::string& directory);

  using Xattrs = std::vector<std::pair<std::string, std::string>>;
  /// What finish() gives a directory.
  struct Metadata {
    std::uint32_t mode = 0755, uid = 0, gid = 0;
    timespec mtime{};
    Xattrs xattrs;
  };
  /// Tells an implied directory's metadata, if the layers below have it.
  using Inherit = std::function<bool(const std::string& path, Metadata&)>;
  /// Writes whiteouts and the directories' metadata, and has owners set where this process may not.
  void finish(const Inherit&);
  bool opaque_root() const { return opaques_.contains(""); }

 private:
  struct Directory {
    bool implicit = false;
    Metadata metadata;
  };

  [[noreturn]] void refuse(const std::string& path, std::string why) const;
  long check(long result, const char* operation, const std::string& path) const;
  /// An open directory; its missing parts are made. Valid until the next call.
  int parent_of(const std::string& path);
  /// A directory of the layer.
  struct Place {
    Fd fd;             ///< empty: `error`
    int error = 0;     ///< -errno
    std::string real;  ///< its path without symbolic links
  };
  Place look_up(const std::string& path);
  Place require(Place, const std::string& path) const;
  Place make_directories(const std::string& path);
  void make_directory(int parent, const std::string& name, const std::string& path);
  /// Counts what stays in memory until finish() against Limits::kept_size.
  void keep(const std::string& path, const Xattrs& = {});
  /// Runs `make` until it does not say -EEXIST, removing what is there.
  int replacing(const std::string& path, const std::function<int(int parent, const char*)>& make);
  void forget(const std::string& path);
  void set_owner(int dir, const char* name, const std::string& path, std::uint32_t uid,
                 std::uint32_t gid);
  void set_xattrs(int fd, const std::string& path, const Metadata&);
  void hand_over(const std::string& path, const Metadata&, bool symlink);
  /// The path without the symbolic links of the layer that lead to its parent.
  std::string real_path(const std::string& path);
  void write_whiteout(const std::string& path);
  void mark_opaque(const std::string& path);
  void finish_directory(const std::string& path, Metadata&);

  store::Vfs& vfs_;
  int root_;
  OwnerFixer* fixer_;
  std::uint64_t kept_limit_, kept_size_ = 0;
  std::string layer_;
  Warn warn_;
  bool exact_modes_ = true;  ///< mkdir gives what was asked: the host's umask spares the owner
  bool born_root_ = false;   ///< what is made belongs to 0:0 already
  std::string cached_path_;
  Place cached_;
  std::map<std::string, Directory> directories_;  ///< by their real paths
  std::set<std::string> whiteouts_, opaques_;
  std::map<std::string, Owner> owners_;  ///< by their real paths
};

}  // namespace containerlib::archive
