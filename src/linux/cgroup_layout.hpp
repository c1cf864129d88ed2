#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linux/cgroup_files.hpp"
#include "linux/host_facts.hpp"

namespace containerlib::sys {

/// What is asked of the cgroup file systems to find a place for groups. Only reads.
class CgroupTree {
 public:
  virtual ~CgroupTree() = default;
  virtual std::optional<std::string> read(const std::string& file) const = 0;
  virtual bool exists(const std::string& path) const = 0;
  virtual bool writable(const std::string& path) const = 0;
};

/// Where this process may make groups, controller by controller:
///  * v2: below the mount's root when that is ours to write (root); else below the nearest group,
///  at
///    or above our own, that is delegated to us and holds no processes (a group with processes
///    cannot give controllers to groups below it).
///  * v1: a controller that is bound to a v1 hierarchy is used there, below its root or else below
///    our own group or the nearest above it that we may write.
/// The groups go into one directory "containerlib" there, which is made with the first.
CgroupFacts find_cgroups(std::string_view mountinfo, std::string_view own_groups, uid_t uid,
                         const CgroupTree&);

/// As above, for this process.
CgroupFacts find_cgroups();

/// As if this process were in this v2 group (a path from the mount point), and in no group of v1.
CgroupFacts find_cgroups_at(const std::string& group);

/// What was found, for containers that shall have no group (Manager::nobody).
CgroupFacts no_cgroups(const CgroupFacts& found);

/// The v2 group gets this controller from all those above it, from `place` on. Throws unsupported,
/// as where one of them holds processes.
void give_controller(const std::string& place, const std::string& group, const std::string& name);

}  // namespace containerlib::sys
