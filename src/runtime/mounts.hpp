#pragma once
#include <containerlib/options.hpp>

#include <vector>

#include "oci/runtime_spec.hpp"

namespace containerlib::runtime {

/// Mounts with absolute, normalised paths, parents first. Throws invalid_option (the field:
/// "mounts.target") for a target that is relative, "/", or would hide what isolation needs, for two
/// of one target; the errno for a source that cannot be used.
std::vector<Mount> checked_mounts(std::vector<Mount>);

/// What every container has: /proc, /dev and below, /sys. `shares_network`: without a network
/// namespace of its own, a process of a user namespace may not make a sysfs, so the host's is bound
/// read-only.
std::vector<oci::Mount> default_mounts(bool shares_network, bool own_user_namespace,
                                       Bytes shm_size);

/// `idmap`: show a host tree's owners as the container's ids of the same number.
oci::Mount to_oci(const Mount&, bool idmap);

}  // namespace containerlib::runtime
