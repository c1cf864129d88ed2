#include "criu/mounts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/error.hpp"
#include "linux/root_fd.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/mount_options.hpp"
#include "sandbox/compile/mount_target.hpp"

namespace containerlib::criu {
namespace {

constexpr const char* null_device = "/dev/null";

std::string resolved_source(const oci::Mount& mount, const std::string& bundle) {
  const std::string source = source_of(mount, bundle);
  char resolved[PATH_MAX];
  if (!::realpath(source.c_str(), resolved)) throw_errno(errno, "find mount source", source);
  return resolved;
}

/// proc(5): space, tab, newline and backslash are written as three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> mount_points(const std::string& process) {
  std::vector<std::string> out;
  const std::string file = process + "/mountinfo";
  const std::optional<std::string> table = sys::read_host_file(file);
  if (!table) throw_errno(errno, "read", file);
  constexpr std::size_t mount_point = 4;
  for (const std::string_view line : sys::lines(*table)) {
    const auto field = sys::words(line);
    if (field.size() > mount_point) out.push_back(unescaped(field[mount_point]));
  }
  return out;
}

/// Where a path of the container leads, its symlinks followed; itself when there is nothing.
std::string resolved(const sys::RootFd& root, const std::string& path) {
  const Fd fd = root.open_if_exists(path, O_PATH);
  if (!fd) return path;
  char target[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  return size < 0 ? path : std::string(target, static_cast<std::size_t>(size));
}

/// One of the configuration's mounts as it is in a running container.
struct Place {
  std::string path;  ///< its target, resolved
  std::string name;  ///< its target
  bool bind = false;
};

std::vector<Place> places(const oci::RuntimeSpec& spec, const sys::RootFd& root) {
  std::vector<Place> out;
  for (const oci::Mount& mount : spec.mounts) {
    const std::string target = sandbox::clean_target(mount.destination);
    out.push_back({resolved(root, target), target, is_bind(mount)});
  }
  return out;
}

/// The innermost place that a mount point is in.
const Place* place_of(const std::vector<Place>& places, const std::string& mount_point) {
  const Place* found = nullptr;
  for (const Place& place : places)
    if (sandbox::is_within(mount_point, place.path) &&
        (!found || place.path.size() >= found->path.size()))
      found = &place;
  return found;
}

bool is_directory(const sys::RootFd& root, const std::string& path) {
  const Fd fd = root.open_if_exists(path, O_PATH);
  struct stat st;
  return fd && ::fstat(fd.get(), &st) == 0 && S_ISDIR(st.st_mode);
}

bool is_masked(const oci::RuntimeSpec& spec, const std::string& mount_point) {
  return std::any_of(spec.masked_paths.begin(), spec.masked_paths.end(), [&](const auto& masked) {
    return sandbox::clean_target(masked) == mount_point;
  });
}

/// Name of what is mounted there; empty for what is the container's own.
std::string name_of(const oci::RuntimeSpec& spec, const sys::RootFd& root, const Place* place,
                    const std::string& mount_point) {
  if (is_masked(spec, mount_point)) return is_directory(root, mount_point) ? "" : null_device;
  if (place && place->bind) return place->name + mount_point.substr(place->path.size());
  // Devices of the host, where none can be made. The terminal is the container's own.
  const bool device = mount_point.starts_with("/dev/") && mount_point != "/dev/console" &&
                      !is_directory(root, mount_point);
  return device ? mount_point : "";
}

}  // namespace

bool is_bind(const oci::Mount& mount) {
  return mount.type == "bind" || sandbox::parse_mount_options(mount.options).bind;
}

std::string source_of(const oci::Mount& mount, const std::string& bundle) {
  return mount.source.starts_with('/') ? mount.source : bundle + '/' + mount.source;
}

void refuse_id_mapped(const oci::RuntimeSpec& spec) {
  for (const oci::Mount& mount : spec.mounts) {
    const sandbox::MountOptions options = sandbox::parse_mount_options(mount.options);
    if (mount.uid_mappings.empty() && mount.gid_mappings.empty() && !options.idmap) continue;
    throw_error(Errc::unsupported, "checkpoint container", "mounts",
                "criu does not keep the id mapping of " + mount.destination);
  }
}

std::vector<ExternalMount> external_mounts(pid_t pid, const oci::RuntimeSpec& spec) {
  const std::string process = "/proc/" + std::to_string(pid);
  const sys::RootFd root = sys::RootFd::open_host(process + "/root");
  const std::vector<Place> all = places(spec, root);
  std::vector<ExternalMount> out;
  for (const std::string& mount_point : mount_points(process)) {
    std::string name = name_of(spec, root, place_of(all, mount_point), mount_point);
    if (!name.empty()) out.push_back({std::move(name), mount_point});
  }
  return out;
}

std::vector<ExternalMount> sources_of_external_mounts(const oci::RuntimeSpec& spec,
                                                      const std::string& bundle,
                                                      const Placed& placed) {
  std::vector<ExternalMount> out = {{null_device, placed.devices + null_device}};
  const std::vector<std::string> here = mount_points("/proc/self");
  for (const oci::Mount& mount : spec.mounts) {
    if (!is_bind(mount)) continue;
    const std::string name = sandbox::clean_target(mount.destination);
    const std::string source = resolved_source(mount, bundle);
    const std::string prefix = source == "/" ? "" : source;
    const std::string found = placed.binds.empty() ? prefix : placed.binds + name;
    out.push_back({name, found.empty() ? "/" : found});
    for (const std::string& below : here)
      if (below != source && sandbox::is_within(below, source))
        out.push_back({name + below.substr(prefix.size()), found + below.substr(prefix.size())});
    // These are mounts of their own in the container.
    for (const std::string& path : spec.readonly_paths)
      if (const std::string target = sandbox::clean_target(path);
          target != name && sandbox::is_within(target, name))
        out.push_back({target, found + target.substr(name.size())});
  }
  // Where devices could not be made they are the host's.
  for (const char* name : {"/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"})
    out.push_back({name, placed.devices + name});
  for (const oci::Device& device : spec.devices)
    out.push_back({device.path, placed.devices + device.path});
  return out;
}

}  // namespace containerlib::criu
