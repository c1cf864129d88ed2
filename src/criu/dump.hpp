#pragma once
#include <sys/types.h>

#include <string>

#include "criu/options.hpp"
#include "criu/streams.hpp"
#include "linux/cgroup.hpp"
#include "oci/runtime_spec.hpp"

namespace containerlib::criu {

/// Where criu finds a freezer: then no process escapes while it stops them. Empty: nowhere.
std::string freezer_of(const sys::CgroupDirs&);
/// What a container has from the host, for a dump of it: mounts, namespaces, streams. The streams'
/// names are written to the images.
void describe_dump(Request&, pid_t, const oci::RuntimeSpec&, const StreamNames&);

}  // namespace containerlib::criu
