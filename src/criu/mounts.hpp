#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "oci/runtime_spec.hpp"

// What is mounted in a container and comes from the host: criu does not keep what is in it, but
// mounts it again from where it is when the container is restored.
namespace containerlib::criu {

struct Placed {
  std::string binds;    ///< by their targets
  std::string devices;  ///< by their paths on the host
};

struct ExternalMount {
  std::string name;  ///< in the checkpoint
  std::string path;  ///< in the container, or (restore) on the host
};

bool is_bind(const oci::Mount&);
/// Of a bind mount: the path on the host.
std::string source_of(const oci::Mount&, const std::string& bundle);

/// Throws unsupported for a mount with an id mapping, which criu does not keep.
void refuse_id_mapped(const oci::RuntimeSpec&);
/// Those of a running container.
std::vector<ExternalMount> external_mounts(pid_t, const oci::RuntimeSpec&);
/// Where those of a container that is to be restored are on this host. Some may not be in the
/// checkpoint. `placed`: the directories below which criu has them; empty: it takes them from
/// where they come from.
std::vector<ExternalMount> sources_of_external_mounts(const oci::RuntimeSpec&,
                                                      const std::string& bundle,
                                                      const Placed& placed = {});

}  // namespace containerlib::criu
