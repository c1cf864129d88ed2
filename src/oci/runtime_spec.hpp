#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci/landlock.hpp"
#include "oci/resources.hpp"
#include "oci/seccomp.hpp"

// The OCI runtime configuration (runtime-spec 1.3: config.md, config-linux.md): all of its Linux
// part, and what little more our own options need.
namespace containerlib::oci {

struct IdMapping {
  std::uint32_t container_id = 0, host_id = 0, size = 0;
};

struct User {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> additional_gids;
  std::optional<std::uint32_t> umask;
};

struct Capabilities {
  std::vector<std::string> bounding, effective, inheritable, permitted, ambient;  ///< "CAP_KILL"
};

struct Rlimit {
  std::string type;  ///< "RLIMIT_CORE"
  std::uint64_t soft = 0, hard = 0;
};

struct Scheduler {
  std::string policy;  ///< "SCHED_BATCH"
  std::int32_t nice = 0, priority = 0;
  std::vector<std::string> flags;                       ///< "SCHED_FLAG_RESET_ON_FORK"
  std::uint64_t runtime = 0, deadline = 0, period = 0;  ///< nanoseconds, SCHED_DEADLINE only
};

struct IoPriority {
  std::string io_class;  ///< "IOPRIO_CLASS_IDLE"
  std::int32_t priority = 0;
};

/// Lists of CPUs: "0-3,7"; empty: left as it is.
struct CpuAffinity {
  std::string initial, final;
};

struct Process {
  bool terminal = false;
  std::uint16_t rows = 0, columns = 0;  ///< consoleSize
  User user;
  std::vector<std::string> args, env;
  std::string cwd = "/";
  Capabilities capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = true;
  std::optional<int> oom_score_adj;
  std::optional<Scheduler> scheduler;
  std::optional<IoPriority> io_priority;
  std::optional<CpuAffinity> exec_cpu_affinity;
  std::string apparmor_profile, selinux_label;
  Landlock landlock;  ///< not in the document
};

struct Mount {
  std::string destination, type, source;
  std::vector<std::string> options;
  bool idmap = false;  ///< shift ownership by the container's own user namespace
  std::vector<IdMapping> uid_mappings = {}, gid_mappings = {};
};

struct Namespace {
  std::string type;  ///< "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"
  std::string path;  ///< empty: a new one
};

struct TimeOffset {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

/// A node in the container's /dev or elsewhere.
struct Device {
  std::string path;
  char type = 'c';  ///< 'c', 'b', 'u' (as 'c'), 'p' (a FIFO)
  std::int64_t major = 0, minor = 0;
  std::optional<std::uint32_t> file_mode, uid, gid;
};

struct Personality {
  std::string domain;  ///< "LINUX", "LINUX32"
  std::vector<std::string> flags;
};

struct MemoryPolicy {
  std::string mode, nodes;  ///< "MPOL_BIND", "0-3,7"
  std::vector<std::string> flags;
};

struct IntelRdt {
  std::optional<std::string> clos_id;  ///< closID
  std::vector<std::string> schemata;
  std::string l3_cache_schema, mem_bw_schema;
  bool enable_monitoring = false;
};

struct Hook {
  std::string path;
  std::vector<std::string> args, env;
  std::optional<int> timeout;  ///< seconds
};

/// Each kind in the order in which its hooks are run (config.md, "POSIX-platform Hooks").
struct Hooks {
  std::vector<Hook> prestart, create_runtime, create_container, start_container, poststart,
      poststop;
};

struct RuntimeSpec {
  std::string oci_version;
  std::string id;  ///< not in the document: the container's
  std::string hostname, domainname;
  std::map<std::string, std::string> annotations;
  Process process;
  std::string root_path;  ///< of a bundle
  bool root_readonly = false;
  std::string rootfs_propagation;  ///< "shared", "slave", "private", "unbindable"; empty: private
  std::string mount_label;
  std::vector<Mount> mounts;
  Hooks hooks;
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  std::optional<TimeOffset> monotonic_offset, boottime_offset;
  std::vector<Device> devices;
  std::map<std::string, std::string> net_devices;  ///< name on the host -> in the container
  std::string cgroups_path;                        ///< empty: below a directory of our own, by id
  Resources resources;
  std::map<std::string, std::string> sysctl;
  std::vector<std::string> masked_paths, readonly_paths;
  std::optional<SeccompProfile> seccomp_profile;
  Seccomp seccomp;  ///< what is loaded: compiled from the profile, or our own
  std::optional<Personality> personality;
  std::optional<MemoryPolicy> memory_policy;
  std::optional<IntelRdt> intel_rdt;
};

}  // namespace containerlib::oci
