#pragma once
#include <string>
#include <variant>
#include <vector>

#include "linux/cgroup.hpp"
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

/// The root file system: a directory of a bundle, with what is mounted below it.
struct BundleRoot {
  std::string path;    ///< absolute
  std::string bundle;  ///< absolute: the directory of config.json, which hooks are told
  /// Without pivot_root(2), which an initial ramfs refuses. Programs with CAP_SYS_ADMIN may find
  /// what is left of the host's root then.
  bool no_pivot = false;
  bool no_new_keyring = false;  ///< the session keyring of the caller is shared
};

using Root = std::variant<OverlayRoot, BundleRoot>;

/// Turns a spec into the steps that make it true. Pure: reads and changes nothing, needs no
/// privilege. Throws invalid_option (the field) and unsupported (the controller or feature, with
/// the reason). The process of a bundle waits, when all is set up, until it is started.
LaunchPlan compile(const oci::RuntimeSpec&, const Root&, const sys::HostFacts&);

/// The plan of a further process in a running container. `cgroups`: to join.
/// `other_user_namespace`: the container is in one, where all capabilities can be had.
LaunchPlan compile_exec(const oci::Process&, const oci::Seccomp&, const sys::HostFacts&,
                        const sys::CgroupDirs& cgroups, bool other_user_namespace = false);

/// Directories of resctrl that a container leaves behind, to be removed in this order when it is
/// deleted.
std::vector<std::string> rdt_leftovers(const oci::RuntimeSpec&, const sys::HostFacts&);

}  // namespace containerlib::sandbox
