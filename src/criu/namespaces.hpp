#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <vector>

#include "criu/options.hpp"
#include "oci/runtime_spec.hpp"

// Namespaces that a container joins by path: they are not the container's, so criu keeps nothing of
// them, and they must be there when it is restored.
namespace containerlib::criu {

/// For a dump.
void add_external_namespaces(Request&, const oci::RuntimeSpec&, pid_t);
/// For a restore: descriptors that criu must get as its `first` and following.
std::vector<Fd> add_joined_namespaces(Request&, const oci::RuntimeSpec&, int first);

}  // namespace containerlib::criu
