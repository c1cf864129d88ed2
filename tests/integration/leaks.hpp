#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace tests {

/// What a test must leave as it was.
struct Traces {
  std::set<std::string> files;        ///< below the watched directories
  std::set<std::string> mounts;       ///< of this mount namespace, that show a watched directory
  std::set<std::string> cgroups;      ///< /sys/fs/cgroup/**/containerlib/ID without processes
  std::set<std::string> processes;    ///< descendants of this process: "PID NAME"
  std::set<std::string> descriptors;  ///< of this process: "FD -> TARGET"
};

/// Makes orphaned descendants this process's children, so that traces() can find them.
void adopt_orphans();

/// Takes stock. `watched`: data and run directories. Ended orphans are reaped.
Traces traces(const std::vector<std::filesystem::path>& watched);

/// What is there now and was not before, one thing a line; empty when nothing is. `within` two
/// seconds of asking again, since a monitor cleans up after the host has let go.
std::string left_since(const Traces& before, const std::vector<std::filesystem::path>& watched);

}  // namespace tests
