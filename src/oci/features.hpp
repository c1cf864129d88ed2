#pragma once
#include <map>
#include <string>
#include <vector>

// What a runtime implements, whatever the host has (features.md, features-linux.md).
namespace containerlib::oci {

struct CgroupFeatures {
  bool v1 = false, v2 = false, systemd = false, systemd_user = false, rdma = false;
};

struct SeccompFeatures {
  bool enabled = false;
  std::vector<std::string> actions, operators, archs, known_flags, supported_flags;
};

struct MemoryPolicyFeatures {
  std::vector<std::string> modes, flags;
};

struct IntelRdtFeatures {
  bool enabled = false, schemata = false, monitoring = false;
};

struct LinuxFeatures {
  std::vector<std::string> namespaces, capabilities;
  CgroupFeatures cgroup;
  SeccompFeatures seccomp;
  bool apparmor = false, selinux = false;
  MemoryPolicyFeatures memory_policy;
  IntelRdtFeatures intel_rdt;
  bool idmap_mounts = false;  ///< mountExtensions.idmap
  bool net_devices = false;
};

struct Features {
  std::string oci_version_min, oci_version_max;
  std::vector<std::string> hooks, mount_options;
  LinuxFeatures linux_features;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> potentially_unsafe_config_annotations;
};

/// What this library makes of a configuration: a table, in features_of_this_library.cpp.
Features features_of_this_library();

/// Writes every field: all of them are known, and an absent one would mean "unknown".
std::string to_json(const Features&);

}  // namespace containerlib::oci
