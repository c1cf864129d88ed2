#pragma once
#include <string>

#include "bundle/host.hpp"
#include "bundle/record.hpp"
#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

// A container's configuration, and what it is compiled to.
namespace containerlib::bundle {

/// Reads a config.json. Throws for one that is missing or too large.
std::string read_config(const std::string& path);

/// How the container is made, besides its configuration.
struct Settings {
  bool no_pivot = false, no_new_keyring = false;
  unsigned preserved = 0;  ///< descriptors from 3 on that the program gets
};

/// The configuration as it was when the container was created, kept in its directory.
void keep_config(const ContainerDir&, const std::string& config);
oci::RuntimeSpec kept_spec(const ContainerDir&);

/// Compiles the seccomp profile, by way of a cache below the host's root.
void load_seccomp(const Host&, oci::RuntimeSpec&);

sandbox::LaunchPlan compile(const Host&, const Record&, const oci::RuntimeSpec&, const Settings&);

}  // namespace containerlib::bundle
