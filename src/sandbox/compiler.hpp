#pragma once
#include "sandbox/compile.hpp"

// The parts of compile(), in the order in which it calls them. Each adds steps to `plan`.
namespace containerlib::sandbox {

struct Compiler {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  LaunchPlan plan = {};
  Slot next_slot = root_slot + 1;

  Slot new_slot();
  /// A namespace of this kind is made (not shared with the host).
  bool isolates(const char* type) const;

  void namespaces();
  void cgroups();
  void root(const OverlayRoot&);
  void mounts();
  void paths();
};

/// Names of the v1 controllers the container is put into: those that a limit, pausing or the
/// statistics need.
std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec&, const sys::HostFacts&);

/// The steps from the container's set-up to execve; the same for an exec'd process.
void compile_process(LaunchPlan&, const oci::Process&, const oci::Seccomp&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
