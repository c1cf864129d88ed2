#include "runtime/mounts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/broken.hpp"
#include "runtime/directories.hpp"
#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

namespace fs = std::filesystem;

/// "/a/../b//c/" → "/b/c".
std::string normal(const fs::path& path) {
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool is_below(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) && path.size() > parent.size() && path[parent.size()] == '/';
}

void check_target(const fs::path& target) {
  const std::string text = normal(target);
  if (!target.is_absolute() || text.find('\0') != text.npos)
    invalid("mounts.target", "\"" + printable(target.native()) + "\" is not absolute");
  if (text == "/") invalid("mounts.target", "/ is the root file system itself");
  // Over these the container would look like something that it is not (SEC-01).
  if (broken("SEC-01")) return;
  if (text == "/proc" || is_below(text, "/proc") || text == "/sys" || text == "/dev")
    invalid("mounts.target", text + " belongs to the isolation");
}

fs::path checked_source(const fs::path& source) {
  fs::path path = absolute_path(source);
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) throw_errno(errno, "use mount source", path.string());
  return path;
}

void check_tmpfs(const Mount& mount) {
  if (mount.tmpfs_mode > 07777) invalid("mounts.tmpfs_mode", "not a file mode");
  if (mount.tmpfs_size && mount.tmpfs_size->count == 0)
    invalid("mounts.tmpfs_size", "0 would be no limit at all");
}

auto depth(const Mount& mount) {
  const std::string& text = mount.target.native();
  return std::count(text.begin(), text.end(), '/');
}

}  // namespace

std::vector<Mount> checked_mounts(std::vector<Mount> mounts) {
  for (Mount& mount : mounts) {
    check_target(mount.target);
    mount.target = normal(mount.target);
    if (mount.source.empty()) {
      check_tmpfs(mount);
    } else {
      mount.source = checked_source(mount.source);
    }
  }
  std::stable_sort(mounts.begin(), mounts.end(),
                   [](const Mount& a, const Mount& b) { return depth(a) < depth(b); });
  std::set<fs::path> targets;
  for (const Mount& mount : mounts)
    if (!targets.insert(mount.target).second)
      invalid("mounts.target", "two mounts on " + mount.target.string());
  return mounts;
}

std::vector<oci::Mount> default_mounts(bool shares_network, bool own_user_namespace,
                                       Bytes shm_size) {
  std::vector<oci::Mount> out = {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts",
       "devpts",
       "devpts",
       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
      {"/dev/shm",
       "tmpfs",
       "shm",
       {"nosuid", "noexec", "nodev", "mode=1777",
        fmt::format("size={}", broken("SEC-47") ? 0 : shm_size.count)}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}}};
  if (shares_network && own_user_namespace) {
    out.push_back({"/sys", "bind", "/sys", {"rbind", "rnosuid", "rnoexec", "rnodev", "rro"}});
  } else {
    out.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}});
    out.push_back({"/sys/fs/cgroup",
                   "cgroup",
                   "cgroup",
                   {"nosuid", "noexec", "nodev", broken("SEC-14") ? "rw" : "ro"}});
  }
  return out;
}

oci::Mount to_oci(const Mount& mount, bool idmap) {
  oci::Mount out;
  out.destination = mount.target.string();
  if (mount.source.empty()) {
    out.type = out.source = "tmpfs";
    out.options = {"nosuid", "nodev", "noexec", mount.read_only ? "ro" : "rw",
                   fmt::format("mode={:o}", mount.tmpfs_mode)};
    if (mount.tmpfs_uid) out.options.push_back(fmt::format("uid={}", mount.tmpfs_uid));
    if (mount.tmpfs_gid) out.options.push_back(fmt::format("gid={}", mount.tmpfs_gid));
    if (mount.tmpfs_size) out.options.push_back(fmt::format("size={}", mount.tmpfs_size->count));
  } else {
    out.type = "bind";
    out.source = mount.source.string();
    out.options = {"rbind", "rnosuid", "rnodev"};
    if (!mount.writable) out.options.push_back("rro");
    out.idmap = idmap;
  }
  return out;
}

}  // namespace containerlib::runtime
