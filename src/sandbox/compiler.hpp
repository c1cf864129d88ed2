#pragma once
#include <map>
#include <string>

#include "sandbox/cgroup_dirs.hpp"
#include "sandbox/compile.hpp"

// The parts of compile(), in the order in which it calls them. Each adds steps to `plan`.
namespace containerlib::sandbox {

struct Compiler {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  LaunchPlan plan = {};
  Slot next_slot = root_slot + 1;
  bool awaited_cgroups = false;
  std::map<std::string, Slot> own_dirs = {};  ///< file systems made only to hold other mounts

  Slot new_slot();
  /// A namespace of this kind is made (not shared with the host).
  bool isolates(const char* type) const;

  void namespaces();
  /// Adds to `after`, last: the process mounts meanwhile.
  void cgroups();
  /// Before what shows the container's cgroups, and at the latest after all mounts.
  void await_cgroups();
  void root(const Root&);
  void overlay_root(const OverlayRoot&);
  void bundle_root(const BundleRoot&);
  void mounts();
  void paths();
  void await_start();
};

/// The steps from the container's set-up to execve; the same for an exec'd process.
void compile_process(LaunchPlan&, const oci::Process&, const oci::Seccomp&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
