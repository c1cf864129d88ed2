#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What can be done with a container's cgroup. Any function from any thread and any process.
namespace containerlib::sys {

/// The directories of one container's group, one per hierarchy that it is in.
struct CgroupDirs {
  std::string unified;                    ///< v2; empty: none
  std::map<std::string, std::string> v1;  ///< controller (HostFacts names) -> directory
};

/// Fields are unset when nothing measures them, or when there is no limit.
struct CgroupStats {
  std::optional<std::uint64_t> memory, memory_peak, memory_limit;  ///< bytes
  std::optional<std::uint64_t> cpu_microseconds;
  std::optional<std::uint64_t> pids, pids_limit;
  std::optional<std::uint64_t> read_bytes, written_bytes;
  std::optional<std::uint64_t> oom_kills;
};
/// Never throws for a group that is gone: all fields are unset.
CgroupStats cgroup_stats(const CgroupDirs&);

/// The processes of the group and the groups below it, each once, ascending; empty when the group
/// is gone. Those that this process's pid namespace does not show are left out.
std::vector<pid_t> cgroup_processes(const CgroupDirs&);

/// Every process of the group is stopped and stays so until thaw_cgroup(); also those that come
/// later. Throws timed_out when that is not so after `timeout` (the group is thawed again), ENOENT
/// or ENODEV when the group goes meanwhile, and unsupported when no hierarchy can freeze it.
void freeze_cgroup(const CgroupDirs&, std::chrono::milliseconds timeout);
/// Whether freeze_cgroup() holds it, or is about to. A group that is gone is not frozen.
bool is_frozen(const CgroupDirs&);
/// No process of the group is stopped by freeze_cgroup(); no error when none was.
void thaw_cgroup(const CgroupDirs&);

/// No process is in the group or below it: each got SIGKILL, also one that is frozen or forks all
/// the time, and has ended. Throws timed_out when one is still there after `timeout`. Nothing to do
/// for a group that is gone.
void kill_cgroup(const CgroupDirs&, std::chrono::milliseconds timeout);

/// None of the directories exists, nor any group below them. The processes must have ended; the
/// last may still be on its way out, which is waited for. Throws EBUSY after `timeout`.
void remove_cgroup(const CgroupDirs&, std::chrono::milliseconds timeout);
/// The same at once, for a group that has no process and no group below it: the usual end. False:
/// some have, and stay.
bool remove_empty_cgroup(const CgroupDirs&);
/// Our own directories that such groups were in ("containerlib") go too, unless there are other
/// groups in them. What is above a group somewhere else is not ours.
void remove_empty_bases(const CgroupDirs&);

}  // namespace containerlib::sys
