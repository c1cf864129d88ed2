#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "oci/runtime_spec.hpp"

// What is mounted in a container and comes from the host: criu does not keep what is in it, but
// mounts it again from where it is when the container is restored.
namespace containerlib::bundle {

struct ExternalMount {
  std::string name;  ///< in the checkpoint
  std::string path;  ///< in the container, or (restore) on the host
};

/// Those of a running container.
std::vector<ExternalMount> external_mounts(pid_t, const oci::RuntimeSpec&);
/// Where those of a container that is to be restored are on this host. Some may not be in the
/// checkpoint.
std::vector<ExternalMount> sources_of_external_mounts(const oci::RuntimeSpec&,
                                                      const std::string& bundle);

/// Makes the directories and files on which criu mounts, where they are missing in the root file
/// system: it may be another than that of the checkpoint.
void make_mount_points(const oci::RuntimeSpec&, const std::string& bundle,
                       const std::string& rootfs);

}  // namespace containerlib::bundle
