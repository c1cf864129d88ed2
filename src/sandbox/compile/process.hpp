#pragma once
#include "linux/host_facts.hpp"
#include "oci/runtime_spec.hpp"
#include "sandbox/plan.hpp"

// The parts of a plan that a container's first process and an exec'd one have in common.
namespace containerlib::sandbox {

/// What the process is made with, besides its description.
struct Rights {
  const sys::HostFacts& facts;
  /// It has every capability there, and none over the host.
  bool other_user_namespace = false;
  bool may_set_groups = true, groups_may_be_denied = false;
  /// An ordinary user may not for a process that joined: it is not dumpable (proc(5)).
  bool may_set_oom_score = true;
  Slot proc = root_slot;  ///< of open_proc, for labels

  bool may_exceed_limits() const;
};

/// The steps from the container's set-up to execve.
void compile_process(LaunchPlan&, const oci::Process&, const oci::Seccomp&, const Rights&);
bool has_label(const oci::Process&);

// limits.cpp
void add_rlimits(LaunchPlan&, const oci::Process&, const Rights&);
void add_oom_score(LaunchPlan&, const oci::Process&, const Rights&);
// scheduling.cpp
void add_scheduling(LaunchPlan&, const oci::Process&);
/// `list`: one of execCPUAffinity.
void add_affinity(LaunchPlan&, const std::string& list, const char* field);
void add_memory_policy(LaunchPlan&, const oci::MemoryPolicy&);
void add_personality(LaunchPlan&, const oci::Personality&);
// labels.cpp
void add_labels(LaunchPlan&, const oci::Process&, const Rights&);
// landlock.cpp
void add_landlock(LaunchPlan&, const oci::Landlock&, const Rights&);
// capabilities.cpp
/// What can be granted of them; of the rest, warnings.
SetCapabilities grantable(const oci::Capabilities&, const Rights&, std::uint64_t& bounding,
                          std::vector<std::string>& warnings);

}  // namespace containerlib::sandbox
