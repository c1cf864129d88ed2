#pragma once
#include <memory>
#include <string>
#include <vector>

#include "linux/cgroup.hpp"
#include "monitor/client.hpp"
#include "runtime/claim.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/definition.hpp"
#include "runtime/id_ranges.hpp"
#include "runtime/image_handle.hpp"
#include "runtime/state_file.hpp"
#include "runtime/streams.hpp"
#include "sandbox/plan.hpp"

namespace containerlib::runtime {

/// A container's plan and what it depends on.
struct Prepared {
  sandbox::LaunchPlan plan;
  sys::CgroupDirs cgroups;                ///< that the plan makes
  IdRange ids;                            ///< as root with a user namespace
  std::vector<std::string> to_copy = {};  ///< layers; see shifted_layers.hpp
  IdMaps maps = {};                       ///< for them
};

/// As root with a user namespace: whether its ids are leased.
bool needs_range(const Definition&, const sys::HostFacts&);
/// Definition and image as an OCI spec, with the seccomp filter.
oci::RuntimeSpec container_spec(Engine&, const std::string& id, const Definition&,
                                const ImageLayers&, IdMaps);
/// The plan of such a spec, in the container's directory. Leases nothing.
Prepared compile(Engine&, const Definition&, const ImageLayers&, const oci::RuntimeSpec&);
/// Compiles. Changes nothing but the lease of ids. Throws what the options, the user's name or the
/// host's abilities are to blame for.
Prepared prepare(Engine&, const std::string& id, const Definition&, const ImageLayers&);
/// Throws what prepare() would, and leases nothing.
void check(Engine&, const Definition&, const ImageLayers&);
/// The plan as text, with ids and a name that only show their place; leases nothing.
std::string print_plan(Engine&, const Definition&, const ImageLayers&);

/// What the state file of a container with a record says. `owned`: it ends and goes with this
/// process.
LiveState live_state(const Definition&, const Prepared&, std::string directory, bool owned);
/// Makes the state file. Throws `when_held` when another process has one; first cleans up after one
/// that has died.
HeldState hold_state(Engine&, const std::string& id, const LiveState&, Errc when_held,
                     const char* operation);
/// Makes the container's directory with upper and work; what is there already stays. It is in use
/// as long as the descriptor is open.
Fd make_directories(Engine&, const std::string& id, mode_t root_mode);

/// What is known of the start besides the plan.
struct Start {
  std::string id;
  const Definition* definition = nullptr;
  const OpenStreams* streams = nullptr;
  bool keeps_terminal = false;
  std::string log_file = {};
  Claim* life = nullptr;  ///< an ephemeral container has none
  bool detached = false;
  bool remove_after = false;          ///< the directory
  bool remove_on_host_death = false;  ///< the directory
  std::vector<int> hold = {};         ///< by the monitor, as long as it runs
  int criu_socket = -1;  ///< the plan's process is a criu that restores; see monitor::Request
};

/// Hands it to the monitor; returns once the command runs.
std::unique_ptr<monitor::Session> launch(Engine&, const Prepared&, HeldState&, const Start&);

}  // namespace containerlib::runtime
