#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <vector>

#include "bundle/criu/options.hpp"
#include "oci/runtime_spec.hpp"

// Namespaces that a container joins by path: they are not the container's, so criu keeps nothing of
// them, and they must be there when it is restored.
namespace containerlib::bundle {

/// For a dump.
void add_external_namespaces(CriuRequest&, const oci::RuntimeSpec&, pid_t);
/// For a restore: descriptors that criu must get as its `first` and following.
std::vector<Fd> add_joined_namespaces(CriuRequest&, const oci::RuntimeSpec&, int first);

}  // namespace containerlib::bundle
