#pragma once
#include <map>
#include <string>

#include "sandbox/compile.hpp"
#include "sandbox/compile_process.hpp"

// The parts of compile(), in the order in which it calls them. Each adds steps to `plan`.
namespace containerlib::sandbox {

struct Compiler {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  const BundleRoot* bundle = nullptr;  ///< nullptr: an overlay, and the API's options
  LaunchPlan plan = {};
  std::vector<oci::IdMapping> uid_mappings = {}, gid_mappings = {};
  bool may_set_groups = bundle || !facts.rootless || facts.maps_ranges();
  Slot next_slot = root_slot + 1;
  bool awaited_cgroups = false;
  Slot proc = root_slot;                      ///< root_slot: not opened
  std::map<std::string, Slot> own_dirs = {};  ///< file systems made only to hold other mounts

  Slot new_slot();
  /// nullptr: shared with the host.
  const oci::Namespace* find_namespace(const char* type) const;
  /// A namespace of this kind is made (not shared with the host, not joined).
  bool isolates(const char* type) const;
  bool joins(const char* type) const;
  /// It would be the host's that is changed, were the host's joined.
  bool changes(const char* type) const;
  /// The slot of open_proc, which it adds.
  Slot host_proc();

  // compile_namespaces.cpp
  void choose_mappings();
  void namespaces();
  void join_namespaces();
  void map_ids();
  void map_ids_by_tools();
  void name_host();
  void offset_clocks();

  Rights rights();
  /// In the user namespace, whose ids are mapped now.
  void become_root();
  // compile_hooks.cpp
  /// Hooks look into the root file system where the bundle has it.
  bool hooks_see_root() const;
  void create_hooks();
  void start_hooks();
  // compile_sysctl.cpp, compile_netdevices.cpp, compile_rdt.cpp
  bool has_sysctl_of(std::string_view type) const;
  void sysctls();
  void netdevices();
  void rdt();
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

/// Names of the v1 controllers the container is put into: those that a limit, pausing or the
/// statistics need.
std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
