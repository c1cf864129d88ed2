#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bundle/container_dir.hpp"
#include "linux/cgroup.hpp"

namespace containerlib::bundle {

/// What is kept of a container between commands ("state.json"). Written before the first thing is
/// made for it, so that whatever a command that died has left can be found by it.
struct Record {
  std::string id, oci_version;
  std::string bundle, rootfs;  ///< absolute
  std::string created;         ///< RFC 3339
  std::uint32_t owner = 0;     ///< uid
  std::map<std::string, std::string> annotations;
  pid_t pid = 0;  ///< 0: no process was made yet
  std::uint64_t start_time =
      0;  ///< of the process, as /proc/PID/stat has it: tells it from a later one
  sys::CgroupDirs cgroups;
  bool no_pivot = false, no_new_keyring = false;  ///< what it was compiled with
  /// The configuration says what is done after the start or the end; else it need not be read
  /// again.
  bool has_more = false;
  std::string scope;  ///< systemd's unit; empty: none
};

void save(const ContainerDir&, const Record&);
/// nullopt: the command that made the directory died before it had written one. Throws
/// image_corrupt for one that cannot be read.
std::optional<Record> load(const ContainerDir&);
/// As load(); throws not_running instead of nullopt.
Record load_whole(const ContainerDir&);

}  // namespace containerlib::bundle
