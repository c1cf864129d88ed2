#pragma once
#include <string>

// The names of systemd's units for containers. Pure.
namespace containerlib::bundle {

struct ScopeName {
  std::string slice;  ///< "system.slice"
  std::string unit;   ///< "prefix-name.scope"
};

/// From linux.cgroupsPath, "slice:prefix:name"; each part, and the whole, may be empty. `user`: for
/// the user's systemd. Throws invalid_option.
ScopeName scope_name(const std::string& cgroups_path, const std::string& id, bool user);

/// Where systemd makes the group, below its own: "a-b.slice" is "/a.slice/a-b.slice".
std::string scope_path(const ScopeName&);

}  // namespace containerlib::bundle
