#pragma once
#include <string>
#include <string_view>
#include <vector>

// /proc/PID/mountinfo and /proc/PID/cgroup as values (proc(5), cgroups(7)).
namespace containerlib::sys {

/// A cgroup hierarchy that is mounted.
struct CgroupMount {
  int version = 0;                       ///< 1 or 2
  std::string root;                      ///< the part of the hierarchy that is mounted: "/" for all
  std::string point;                     ///< where
  std::vector<std::string> controllers;  ///< v1 only, by v1's names: {"cpu", "cpuacct"}
  bool read_only = false;                ///< this mount, or the hierarchy
};
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

/// The group of a process in one hierarchy.
struct CgroupMembership {
  std::vector<std::string> controllers;  ///< v1's names; empty: v2, or a named v1 hierarchy
  bool unified = false;                  ///< v2
  std::string path;                      ///< from the root of the process's cgroup namespace
};
std::vector<CgroupMembership> parse_cgroup_memberships(std::string_view cgroup);

/// Where a group is seen below a mount; empty when the mount does not show it.
std::string directory_of(const CgroupMount&, std::string_view group);

}  // namespace containerlib::sys
