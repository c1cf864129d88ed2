#pragma once
#include <string>

#include "bundle/host.hpp"
#include "bundle/record.hpp"
#include "oci/runtime_spec.hpp"
#include "oci/runtime_state.hpp"
#include "sandbox/plan.hpp"

// A container's configuration, and what it is compiled to.
namespace containerlib::bundle {

/// Reads a config.json. Throws for one that is missing or too large.
std::string read_config(const std::string& path);

/// The configuration as it was when the container was created, kept in its directory.
void keep_config(const ContainerDir&, const std::string& config);
oci::RuntimeSpec kept_spec(const ContainerDir&);
/// Parses it, and tells Host::warn what is left out.
oci::RuntimeSpec parse_spec(const Host&, const std::string& id, const std::string& config,
                            const std::string& path);

/// Compiles the seccomp profile, by way of a cache that all containers of this user share. `state`:
/// what an agent is told that listens.
void load_seccomp(const Host&, const oci::RuntimeState& state, oci::RuntimeSpec&);

sandbox::LaunchPlan compile(const Host&, const Record&, const oci::RuntimeSpec&);

}  // namespace containerlib::bundle
