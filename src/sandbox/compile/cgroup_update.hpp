#pragma once
#include "linux/cgroup.hpp"
#include "linux/host_facts.hpp"
#include "oci/runtime_spec.hpp"

namespace containerlib::sandbox {

/// Changes what a running container is limited to: spec.resources, of which only what is set counts
/// (rules on devices replace all that were). `dirs` are its groups; the result has those too that
/// it was put into because a hierarchy of v1 was not needed before. Throws what cgroup_settings()
/// does, the kernel's error with the field, and invalid_option where memory.checkBeforeUpdate
/// forbids it; what was written before stays then.
sys::CgroupDirs update_cgroup(const oci::RuntimeSpec& spec, const sys::CgroupDirs& dirs,
                              const sys::HostFacts&);

}  // namespace containerlib::sandbox
