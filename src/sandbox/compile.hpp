#pragma once
#include <string>
#include <vector>

#include "linux/host_facts.hpp"
#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::sandbox {

/// The root file system: layers of the store below a writable upper directory.
struct OverlayRoot {
  std::string store;                ///< absolute; holds everything named below
  std::vector<std::string> lowers;  ///< relative to store + "/l", topmost first: {"2f", "1"}
  std::string container;            ///< relative to store; holds "upper" and "work"
  bool ephemeral = false;           ///< removed after the end: need not be synced then
};

/// Turns a spec into the steps that make it true. Pure: reads and changes nothing, needs no
/// privilege. Throws invalid_option (the field) and unsupported (the controller or feature, with
/// the reason).
LaunchPlan compile(const oci::RuntimeSpec&, const OverlayRoot&, const sys::HostFacts&);

/// The plan of a further process in a running container. `cgroups`: directories to join.
LaunchPlan compile_exec(const oci::Process&, const oci::Seccomp&, const sys::HostFacts&,
                        const std::vector<std::string>& cgroups);

}  // namespace containerlib::sandbox
