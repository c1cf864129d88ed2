#pragma once
#include <string>
#include <vector>

#include "linux/cgroup.hpp"
#include "linux/host_facts.hpp"
#include "oci/runtime_spec.hpp"

// Where a container's groups are. Pure.
namespace containerlib::sandbox {

/// The directories of the container's group, in each hierarchy that it is in, as compile() makes
/// them. Throws invalid_option for a linux.cgroupsPath that names no group.
sys::CgroupDirs cgroup_dirs(const oci::RuntimeSpec&, const sys::HostFacts&);

/// Names of the v1 controllers the container is put into: those that a limit, a rule on devices,
/// pausing or the statistics need.
std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
