#pragma once
#include <map>
#include <string>

#include "sandbox/compile.hpp"
#include "sandbox/mount_options.hpp"

// The parts of compile(), in the order in which it calls them. Each adds steps to `plan`.
namespace containerlib::sandbox {

struct Compiler {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  LaunchPlan plan = {};
  Slot next_slot = root_slot + 1;
  bool awaited_cgroups = false;
  const BundleRoot* bundle = nullptr;         ///< nullptr: the root is an overlay
  std::map<std::string, Slot> own_dirs = {};  ///< file systems made only to hold other mounts
  struct Mounted {
    Slot slot;
    std::string type;  ///< empty: a bind mount
  };
  std::map<std::string, Mounted> mounted = {};       ///< the last one at each target
  std::map<std::string, Slot> user_namespaces = {};  ///< by their maps, for idmapped mounts
  /// Makes file systems read-only in which other steps make something.
  std::vector<Step> late = {};

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
  void bundle_root();
  void mounts();
  void cgroup_mount(const std::string& target, const MountOptions&);
  /// In a /dev of this plan, by descriptor.
  void bind_default_devices(Slot dev);
  /// Of a bundle, by path.
  void devices();
  void paths();
  /// After all that makes something in the container's file systems.
  void enter_root();

  // What mounts are made of.
  Slot make_fs(const std::string& type, const std::vector<std::string>& options,
               std::uint64_t attributes, const std::string& target);
  void mount_into(Slot, const std::string& target, bool follow);
  /// A file system of this plan, right below another one if there is one.
  void mount_fs(Slot, const std::string& target, bool follow);
  void set_attributes(std::vector<Step>&, Slot, const std::string& target, AttributeChange,
                      bool recursive = false);
  void set_propagation(Slot, const std::string& target, std::uint64_t type, bool recursive);
  void await_start();
};

/// Names of the v1 controllers the container is put into: those that a limit, pausing or the
/// statistics need.
std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec&, const sys::HostFacts&);

/// The steps from the container's set-up to execve; the same for an exec'd process.
void compile_process(LaunchPlan&, const oci::Process&, const oci::Seccomp&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
