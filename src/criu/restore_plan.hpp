#pragma once
#include <string>
#include <vector>

#include "linux/host_facts.hpp"
#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::criu {

/// Where criu finds, below one directory of its own mount namespace, what it mounts in a container:
/// the root file system, each bind mount by its target, and the host's devices as a container has
/// them.
inline constexpr const char* root_place = "/root";
inline constexpr const char* mounts_place = "/mounts";
inline constexpr const char* devices_place = "/host";

struct RestoreCommand {
  std::vector<std::string> args, env;  ///< of criu; args[0] is a path
  std::string directory;               ///< of the host: is there, and stays as it is for all others
};

/// Makes the plan of a container whose root is an overlay the plan of a criu that restores it: in
/// the container's groups, and in a mount namespace that has what is mounted in the container, with
/// the container's ids. What a restored process has from criu, as criu does not restore it, is as
/// the spec wants it: supplementary groups, keyring, no_new_privs. Throws unsupported.
sandbox::LaunchPlan restore_plan(sandbox::LaunchPlan container, const oci::RuntimeSpec&,
                                 const sys::HostFacts&, const RestoreCommand&);

}  // namespace containerlib::criu
