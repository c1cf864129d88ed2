#pragma once
#include "linux/host_facts.hpp"
#include "sandbox/compile.hpp"
#include "unit/sandbox/cgroup_facts.hpp"

namespace fuzz {

/// A host that has everything.
inline containerlib::sys::HostFacts sample_host() {
  containerlib::sys::HostFacts facts;
  facts.kernel_major = 6;
  facts.kernel_minor = 12;
  facts.capabilities = ~std::uint64_t{0};
  facts.user_namespaces = facts.time_namespaces = facts.idmapped_mounts = facts.overlay =
      facts.overlay_lowerdir_append = facts.apparmor = facts.selinux = true;
  facts.resctrl = "/sys/fs/resctrl";
  facts.cgroups = tests::all_of_v2();
  return facts;
}

inline const containerlib::sandbox::OverlayRoot sample_layers{
    "/var/lib/containerlib", {"2f", "1"}, "containers/0123456789abcdef"};
inline const containerlib::sandbox::BundleRoot sample_bundle{.path = "/bundle/rootfs",
                                                             .bundle = "/bundle"};

/// A plan with most kinds of steps.
inline containerlib::sandbox::LaunchPlan sample_plan() {
  containerlib::oci::RuntimeSpec spec;
  spec.id = spec.hostname = "sample";
  spec.process.args = {"sh", "-c", "echo hello"};
  spec.process.env = {"PATH=/bin", "A=b c"};
  spec.process.capabilities.bounding = {"CAP_CHOWN", "CAP_KILL"};
  spec.process.user.additional_gids = {1, 2, 3};
  spec.process.rlimits = {{"RLIMIT_NOFILE", 1024, 4096}};
  spec.process.oom_score_adj = 100;
  spec.process.apparmor_profile = "profile";
  for (const char* type : {"user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time"})
    spec.namespaces.push_back({type, ""});
  spec.uid_mappings = spec.gid_mappings = {{0, 1879048192, 65536}};
  spec.monotonic_offset = containerlib::oci::TimeOffset{1, 2};
  spec.mounts = {{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
                 {"/dev", "tmpfs", "tmpfs", {"nosuid", "noexec", "mode=755", "size=65536k"}},
                 {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "gid=5"}},
                 {"/data", "bind", "/source", {"rbind", "ro", "rslave"}},
                 {"/tmp", "tmpfs", "tmpfs", {"tmpcopyup"}},
                 {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "ro"}}};
  spec.masked_paths = {"/proc/kcore", "/sys/firmware"};
  spec.readonly_paths = {"/proc/sys"};
  spec.resources.memory.limit = 64 << 20;
  spec.resources.pids_limit = 32;
  spec.resources.devices.emplace_back().allow = true;
  spec.sysctl = {{"net.ipv4.ip_forward", "1"}};
  spec.hooks.prestart = {{.path = "/bin/true", .args = {"true"}, .env = {"A=1"}, .timeout = 5}};
  spec.seccomp.program.assign(16, 0);
  return containerlib::sandbox::compile(spec, sample_bundle, sample_host());
}

}  // namespace fuzz
