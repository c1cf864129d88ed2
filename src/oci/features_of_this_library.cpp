#include <iterator>
#include <span>

#include "oci/features.hpp"
#include "oci/spec_names.hpp"

// The table behind the command `features`. What is listed here must be true of
// sandbox::compile() and of the command.
namespace containerlib::oci {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view hooks[] = {"prestart",       "createRuntime", "createContainer",
                                      "startContainer", "poststart",     "poststop"};

/// config.md, "Linux mount options", and rnodev, which is missing there (features.md has it).
constexpr std::string_view mount_options[] = {"async",         "atime",        "bind",
                                              "defaults",      "dev",          "diratime",
                                              "dirsync",       "exec",         "idmap",
                                              "iversion",      "lazytime",     "loud",
                                              "mand",          "noatime",      "nodev",
                                              "nodiratime",    "noexec",       "noiversion",
                                              "nolazytime",    "nomand",       "norelatime",
                                              "nostrictatime", "nosuid",       "nosymfollow",
                                              "private",       "ratime",       "rbind",
                                              "rdev",          "rdiratime",    "relatime",
                                              "remount",       "rexec",        "ridmap",
                                              "rnoatime",      "rnodev",       "rnodiratime",
                                              "rnoexec",       "rnorelatime",  "rnostrictatime",
                                              "rnosuid",       "rnosymfollow", "ro",
                                              "rprivate",      "rrelatime",    "rro",
                                              "rrw",           "rshared",      "rslave",
                                              "rstrictatime",  "rsuid",        "rsymfollow",
                                              "runbindable",   "rw",           "shared",
                                              "silent",        "slave",        "strictatime",
                                              "suid",          "symfollow",    "sync",
                                              "tmpcopyup",     "unbindable"};

constexpr std::string_view unsafe_annotations[] = {"org.systemd.property."};

constexpr CgroupFeatures cgroup{
    .v1 = true, .v2 = true, .systemd = true, .systemd_user = true, .rdma = true};
constexpr IntelRdtFeatures intel_rdt{.enabled = true, .schemata = true, .monitoring = true};

std::vector<std::string> all(Names names) { return {names.begin(), names.end()}; }

}  // namespace

Features features_of_this_library() {
  return {.oci_version_min = "1.0.0",
          .oci_version_max = "1.3.0",
          .hooks = all(hooks),
          .mount_options = all(mount_options),
          .linux_features = {.namespaces = all(names::namespaces),
                             .capabilities = all(names::capabilities),
                             .cgroup = cgroup,
                             .seccomp = {.enabled = true,
                                         .actions = all(names::seccomp_actions),
                                         .operators = all(names::seccomp_operators),
                                         .archs = all(names::seccomp_archs),
                                         .known_flags = all(names::seccomp_flags),
                                         .supported_flags = all(names::seccomp_flags)},
                             .apparmor = true,
                             .selinux = true,
                             .memory_policy = {.modes = all(names::memory_policies),
                                               .flags = all(names::memory_policy_flags)},
                             .intel_rdt = intel_rdt,
                             .idmap_mounts = true,
                             .net_devices = true},
          .annotations = {},
          .potentially_unsafe_config_annotations = all(unsafe_annotations)};
}

}  // namespace containerlib::oci
