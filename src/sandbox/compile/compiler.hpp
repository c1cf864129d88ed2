#pragma once
#include <map>
#include <string>

#include "sandbox/compile.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"
#include "sandbox/compile/mount_entry.hpp"
#include "sandbox/compile/process.hpp"

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
  struct Mounted {
    Slot slot;
    std::string type;  ///< empty: a bind mount
  };
  std::map<std::string, Mounted> mounted = {};       ///< the last one at each target
  std::map<std::string, Slot> user_namespaces = {};  ///< by their maps, for idmapped mounts
  /// Open the trees of the host that are mounted, while its mounts are as they were.
  std::vector<Step> opening = {};
  /// Makes file systems read-only in which other steps make something.
  std::vector<Step> late = {};

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

  // namespaces.cpp
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
  // hooks.cpp
  /// Hooks look into the root file system where the bundle has it.
  bool hooks_see_root() const;
  void create_hooks();
  void start_hooks();
  // sysctl.cpp, netdevices.cpp, rdt.cpp
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
  void bundle_root();
  /// Adds `opening`, to the steps of whoever may: an ordinary user's runner may not, but the new
  /// process in its user namespace, before `at` of its steps.
  void open_trees(std::size_t at);
  void mounts();
  void bind_mount(const MountEntry&);
  /// What the container may see of its cgroups.
  void cgroup_mount(const std::string& target, const MountOptions&);
  void cgroup2_mount(const std::string& target, std::uint64_t attributes);
  /// In a /dev of this plan, by descriptor.
  void bind_default_devices(Slot dev);
  /// Of a bundle, by path.
  void devices();
  void paths();
  /// After all that makes something in the container's file systems.
  void enter_root();

  /// From the mount of this plan on that is deepest on the way to it.
  Place place_of(const std::string& path);

  // What mounts are made of.
  Slot make_fs(std::vector<Step>&, const std::string& type, const std::vector<std::string>& options,
               std::uint64_t attributes, const std::string& target);
  void mount_into(Slot, const std::string& target, bool follow);
  /// A file system of this plan, right below another one if there is one.
  void mount_fs(Slot, const std::string& target, bool follow);
  void set_attributes(std::vector<Step>&, Slot, const std::string& target, AttributeChange,
                      bool recursive = false);
  void set_propagation(Slot, const std::string& target, std::uint64_t type, bool recursive);
  void await_start();
};

}  // namespace containerlib::sandbox
