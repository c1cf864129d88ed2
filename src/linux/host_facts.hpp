#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace containerlib::sys {

/// One cgroup controller as this process may use it.
struct Controller {
  /// v2 name: "memory", "cpu", "cpuset", "pids", "io", "hugetlb", "rdma"; of v1 only: "devices",
  /// "net_cls", "net_prio", "freezer", "cpuacct".
  std::string name;
  int version = 0;     ///< 2 or 1; 0: not usable
  std::string base;    ///< absolute directory, our own; a container's group is base + "/" + id
  std::string reason;  ///< why it is not usable
  /// v1: its hierarchy's name, which is that of the mount point everywhere: "cpu,cpuacct".
  std::string hierarchy = {};
  std::string mount = {};  ///< v1: its mount point
};

struct CgroupFacts {
  enum class Layout { none, v1, hybrid, v2 };
  Layout layout = Layout::none;
  /// Directory below which v2 groups may be made ("/sys/fs/cgroup/containerlib",
  /// "/sys/fs/cgroup/unified/containerlib", "/sys/fs/cgroup/job/containerlib"); empty when none
  /// may. Also without a controller it gives freeze, kill and CPU time.
  std::string unified;
  std::string unified_reason;
  std::vector<Controller> controllers;
  std::string unified_mount = {};  ///< mount point of v2
  /// Who makes the v2 group. `systemd`: it is there when the steps `after` begin, and the process
  /// is in it. `nobody`: there is none in any hierarchy, because somebody wanted it so.
  enum class Manager { cgroupfs, systemd, nobody };
  Manager manager = Manager::cgroupfs;

  const Controller* find(const std::string& name) const {
    for (const Controller& c : controllers)
      if (c.name == name) return &c;
    return nullptr;
  }
};

/// A line of /etc/subuid or /etc/subgid.
struct IdRange {
  std::uint32_t first = 0, count = 0;
};

/// What was probed of this kernel and user: the only thing besides the spec that compile() sees.
struct HostFacts {
  uid_t uid = 0;
  gid_t gid = 0;
  bool rootless = false;  ///< not uid 0 with CAP_SYS_ADMIN
  std::string kernel;     ///< uname -r
  int kernel_major = 0, kernel_minor = 0;
  std::uint64_t capabilities = 0;  ///< bounding set, by number
  int last_capability = 40;
  bool initial_user_namespace = true;  ///< else no capability counts for what is the host's
  bool is_host_root() const { return !rootless && initial_user_namespace; }
  int oom_score_adj = 0;
  /// Of this process, by RLIMIT_*: what it can set.
  std::array<std::uint64_t, 16> hard_limits = unlimited();
  bool apparmor = false, selinux = false;
  int landlock_abi = 0;         ///< landlock(7); 0: none
  std::string landlock_reason;  ///< why there is none
  std::string resctrl;          ///< where it is mounted; empty: nowhere
  CgroupFacts cgroups;
  bool user_namespaces = false;
  std::string user_namespaces_reason;
  bool time_namespaces = false;          ///< /proc/self/ns/time, Linux 5.6
  bool idmapped_mounts = false;          ///< mount_setattr(MOUNT_ATTR_IDMAP), Linux 5.12
  bool overlay = false;                  ///< "overlay" in /proc/filesystems
  bool overlay_lowerdir_append = false;  ///< fsconfig "lowerdir+", Linux 6.7
  std::string newuidmap_dir;  ///< where newuidmap and newgidmap are; empty: not in the usual places
  std::vector<IdRange> subuids, subgids;  ///< of this user, from /etc/subuid and /etc/subgid

  static constexpr std::array<std::uint64_t, 16> unlimited() {
    std::array<std::uint64_t, 16> out{};
    for (std::uint64_t& limit : out) limit = ~std::uint64_t{0};
    return out;
  }
  /// Rootless: containers get the subordinate ids too, not only the user's own.
  bool maps_ranges() const {
    return !newuidmap_dir.empty() && !subuids.empty() && !subgids.empty();
  }
};

}  // namespace containerlib::sys
