#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace containerlib::sandbox {

/// MOUNT_ATTR_* bits for mount_setattr(2).
struct AttributeChange {
  std::uint64_t set = 0, clear = 0;
  bool any() const { return set || clear; }
};

/// What the options of one mount ask for.
struct MountOptions {
  AttributeChange own;            ///< of the mount itself
  AttributeChange recursive;      ///< of it and all below it
  std::uint64_t propagation = 0;  ///< MS_SHARED or the like; 0: not asked for
  /// Of the superblock, by the names that fsconfig(2) has for them; a bind mount cannot change
  /// them.
  std::vector<std::string> superblock;
  std::vector<std::string> data;  ///< what the file system itself reads: "size=64k"
  bool bind = false, bind_recursive = false;
  bool remount = false;
  bool copy_up = false;  ///< tmpcopyup
  bool idmap = false, idmap_recursive = false;

  bool read_only() const;
};

/// The whole table of config.md, "Linux mount options". Of two that contradict each other the later
/// one is done. What is not in the table is the file system's.
MountOptions parse_mount_options(const std::vector<std::string>&);

/// The value of rootfsPropagation, or 0: it has none of this name. `recursive`: an r-form.
std::uint64_t propagation_named(const std::string& name, bool& recursive);

}  // namespace containerlib::sandbox
