#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The OCI runtime configuration (runtime-spec config.md, config-linux.md): the part that is
// compiled.
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
};

struct Mount {
  std::string destination, type, source;
  std::vector<std::string> options;
  bool idmap = false;  ///< shift ownership by the container's own user namespace
};

struct Namespace {
  std::string type;  ///< "pid", "network", "mount", "ipc", "uts", "user", "cgroup"
  std::string path;  ///< empty: a new one
};

struct BlockThrottle {
  std::int64_t major = 0, minor = 0;
  std::uint64_t rate = 0;
};

struct Resources {
  std::optional<std::int64_t> memory_limit, memory_swap, memory_reservation;
  bool memory_swap_is_default = false;  ///< nobody asked: no error where swap is not accounted
  std::optional<std::uint64_t> cpu_shares, cpu_period;
  std::optional<std::int64_t> cpu_quota;
  std::optional<std::uint64_t> cpu_weight;  ///< v2's 1..10000; ours, the spec has shares only
  std::string cpuset_cpus, cpuset_mems;
  std::optional<std::int64_t> pids_limit;
  bool pids_limit_is_default = false;  ///< nobody asked: leave it out where it cannot be applied
  std::vector<BlockThrottle> read_bps, write_bps, read_iops, write_iops;
};

/// A seccomp filter that is already a BPF program (struct sock_filter, native byte order).
struct Seccomp {
  std::vector<std::uint8_t> program;
};

struct RuntimeSpec {
  std::string id;
  std::string hostname;
  Process process;
  bool root_readonly = false;
  std::vector<Mount> mounts;
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  Resources resources;
  std::vector<std::string> masked_paths, readonly_paths;
  Seccomp seccomp;
};

}  // namespace containerlib::oci
