#pragma once
#include <cstddef>
#include <string>

#include "oci/runtime_spec.hpp"
#include "sandbox/compile/mount_options.hpp"
#include "sandbox/compile/mount_target.hpp"

namespace containerlib::sandbox {

/// One entry of the config's mounts, understood.
struct MountEntry {
  const oci::Mount& mount;
  std::size_t index;
  std::string target = clean_target(mount.destination);
  MountOptions options = parse_mount_options(mount.options);

  bool is_bind() const { return mount.type == "bind" || options.bind; }
  std::string field(const char* name) const {
    return "mounts[" + std::to_string(index) + "]." + name;
  }
};

/// Throws invalid_option for a field of it.
[[noreturn]] void refuse(const MountEntry&, const char* field, const std::string& reason);

}  // namespace containerlib::sandbox
