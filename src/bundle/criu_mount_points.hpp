#pragma once
#include <string>

#include "oci/runtime_spec.hpp"

namespace containerlib::bundle {

/// Makes the directories and files on which criu mounts, where they are missing in the root file
/// system: it may be another than that of the checkpoint.
void make_mount_points(const oci::RuntimeSpec&, const std::string& bundle,
                       const std::string& rootfs);

}  // namespace containerlib::bundle
