#include "sandbox/compile/cgroup_dirs.hpp"

#include <algorithm>
#include <climits>

#include "base/error.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/cgroup_settings.hpp"
#include "sandbox/compile/device_rules.hpp"

namespace containerlib::sandbox {
namespace {

/// linux.cgroupsPath as "/a/b".
std::string checked_path(const std::string& path) {
  const auto refuse = [](const char* reason) {
    throw_error(Errc::invalid_option, "use cgroup", "linux.cgroupsPath", reason);
  };
  std::string out;
  for (const std::string_view part : sys::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") refuse("it leads up");
    if (part.find_first_of(std::string_view("\n\0", 2)) != part.npos) refuse("a line end in it");
    if (part.size() > NAME_MAX) refuse("a name in it is too long");
    (out += '/') += part;
  }
  if (out.empty()) refuse("it names no group");
  return out;
}

/// A hierarchy as this process may use it: its mount point, and our own directory "containerlib"
/// where we may make groups.
struct Hierarchy {
  std::string mount, base;
};

std::string directory(const Hierarchy& in, const oci::RuntimeSpec& spec, bool systemd) {
  if (spec.cgroups_path.empty()) return in.base + '/' + spec.id;
  const std::string path = checked_path(spec.cgroups_path);
  const std::string place = in.base.substr(0, in.base.rfind('/'));
  // config-linux.md: an absolute path is one from the mount point. Where only a part of the
  // hierarchy is ours (rootless), one that does not lead into it is a path in that part.
  const std::string absolute = in.mount + path;
  if (systemd || (spec.cgroups_path.starts_with('/') && absolute.starts_with(place + '/')))
    return absolute;
  return place + path;
}

}  // namespace

// runc joins all v1 hierarchies. Each costs a grace period of the kernel's RCU (a fifth of a
// millisecond), so these are the ones that something here reads or writes: memory and pids for
// statistics and to know of a lack of memory, devices, what limits ask for, and, where no v2 group
// can freeze and count CPU time, freezer and cpuacct.
std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec& spec,
                                               const sys::HostFacts& facts) {
  std::vector<std::string> out;
  const auto join = [&](const std::string& name) {
    const sys::Controller* c = facts.cgroups.find(name);
    if (c && c->version == 1 && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  };
  join("memory");
  join("pids");
  for (const Setting& s : cgroup_settings(spec.resources, facts.cgroups)) join(s.controller);
  if (facts.is_host_root() && !device_rules(spec.resources.devices).all()) join("devices");
  if (facts.cgroups.unified.empty()) {  // no cgroup.freeze, no cpu.stat
    join("freezer");
    join("cpuacct");
  }
  return out;
}

sys::CgroupDirs cgroup_dirs(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  const sys::CgroupFacts& cgroups = facts.cgroups;
  const bool systemd = cgroups.manager == sys::CgroupFacts::Manager::systemd;
  sys::CgroupDirs out;
  if (!cgroups.unified.empty())
    out.unified = directory({cgroups.unified_mount, cgroups.unified}, spec, systemd);
  for (const std::string& name : joined_v1_controllers(spec, facts)) {
    const sys::Controller* c = cgroups.find(name);
    out.v1[name] = directory({c->mount, c->base}, spec, systemd);
  }
  return out;
}

}  // namespace containerlib::sandbox
