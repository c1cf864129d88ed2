#include "bundle/criu_mount_points.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "criu/mounts.hpp"
#include "linux/root_fd.hpp"
#include "sandbox/compile/mount_target.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::bundle {

void make_mount_points(const oci::RuntimeSpec& spec, const std::string& bundle,
                       const std::string& rootfs) {
  const sys::RootFd root = sys::RootFd::open_host(rootfs);
  std::vector<std::string> covered;
  for (const oci::Mount& mount : spec.mounts) {
    const std::string target = sandbox::clean_target(mount.destination);
    const bool is_covered = std::any_of(covered.begin(), covered.end(), [&](const auto& above) {
      return sandbox::is_within(target, above);
    });
    // What is in a file system of the container's own comes from the checkpoint.
    covered.push_back(target);
    if (is_covered) continue;
    struct stat st;
    const bool file = criu::is_bind(mount) &&
                      ::stat(criu::source_of(mount, bundle).c_str(), &st) == 0 &&
                      !S_ISDIR(st.st_mode);
    const int made = sandbox::make_in_root(root.get(), target.c_str(), !file, true);
    if (made < 0) throw_errno(-made, "make mount point", target);
    ::close(made);
  }
}

}  // namespace containerlib::bundle
