#include "sandbox/compile/mount_target.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/broken.hpp"
#include "linux/text.hpp"

namespace containerlib::sandbox {
namespace {

// What runc allows too (validProcMounts): figures of the machine that LXCFS and the like replace.
constexpr const char* coverable[] = {"/proc/cpuinfo",
                                     "/proc/diskstats",
                                     "/proc/meminfo",
                                     "/proc/stat",
                                     "/proc/swaps",
                                     "/proc/uptime",
                                     "/proc/loadavg",
                                     "/proc/slabinfo",
                                     "/proc/net/dev",
                                     "/proc/sys/kernel/ns_last_pid",
                                     "/proc/sys/crypto/fips_enabled"};

}  // namespace

std::string clean_target(const std::string& path) {
  std::vector<std::string_view> components;
  for (const std::string_view component : sys::split(path, '/')) {
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      components.push_back(component);
    } else if (!components.empty()) {
      components.pop_back();
    }
  }
  std::string out;
  for (const std::string_view component : components) (out += '/') += component;
  return out.empty() ? "/" : out;
}

bool may_follow(const std::string& target) {
  // procfs itself has /proc/net as a symlink.
  if (target == "/proc/net/dev") return true;
  for (const char* directory : {"/proc", "/sys", "/dev"})
    if (is_within(target, directory)) return broken("SEC-02");
  return true;
}

bool may_cover(const std::string& target) {
  return broken("SEC-01") || !is_within(target, "/proc") ||
         std::find(std::begin(coverable), std::end(coverable), target) != std::end(coverable);
}

bool is_within(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

}  // namespace containerlib::sandbox
