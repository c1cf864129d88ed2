#include "linux/probe.hpp"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "linux/cgroup_layout.hpp"
#include "linux/landlock.hpp"
#include "linux/probe_kernel.hpp"
#include "linux/subids.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

constexpr int cap_sys_admin = 21;

void probe_user(HostFacts& facts) {
  facts.uid = ::geteuid();
  facts.gid = ::getegid();
  const std::string status = read_host_file("/proc/thread-self/status").value_or("");
  const std::uint64_t effective = status_mask(status, "CapEff");
  facts.capabilities = status_mask(status, "CapBnd");
  facts.rootless = facts.uid != 0 || (effective >> cap_sys_admin & 1) == 0;
  const std::string last = read_host_file("/proc/sys/kernel/cap_last_cap").value_or("");
  if (const auto lines_of = lines(last); !lines_of.empty())
    facts.last_capability =
        static_cast<int>(parse_number(lines_of[0]).value_or(facts.last_capability));
}

void probe_limits(HostFacts& facts) {
  for (std::size_t resource = 0; resource < facts.hard_limits.size(); ++resource) {
    rlimit limit;
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0)
      facts.hard_limits[resource] = limit.rlim_max;
  }
  const std::string oom = read_host_file("/proc/self/oom_score_adj").value_or("");
  facts.oom_score_adj = std::atoi(oom.c_str());
}

void probe_security(HostFacts& facts) {
  const std::string map = read_host_file("/proc/self/uid_map").value_or("");
  facts.initial_user_namespace = words(map) == words("0 0 4294967295\n");
  facts.apparmor =
      read_host_file("/sys/module/apparmor/parameters/enabled").value_or("").starts_with('Y');
  facts.selinux = ::access("/sys/fs/selinux/enforce", F_OK) == 0;
  const long landlock = landlock_abi();
  facts.landlock_abi = static_cast<int>(std::max(landlock, 0L));
  if (landlock == -EOPNOTSUPP) facts.landlock_reason = "it is switched off on this kernel (lsm=)";
  if (landlock == -ENOSYS) facts.landlock_reason = "this kernel has none";
  struct statfs fs;
  constexpr const char* resctrl = "/sys/fs/resctrl";
  if (::statfs(resctrl, &fs) == 0 && fs.f_type == RDTGROUP_SUPER_MAGIC) facts.resctrl = resctrl;
}

void probe_version(HostFacts& facts) {
  utsname name = {};
  ::uname(&name);
  facts.kernel = name.release;
  const KernelVersion version = parse_kernel_version(facts.kernel);
  facts.kernel_major = version.major_number;
  facts.kernel_minor = version.minor_number;
}

std::string find_newuidmap() {
  for (const std::string directory : {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"})
    if (::access((directory + "/newuidmap").c_str(), X_OK) == 0 &&
        ::access((directory + "/newgidmap").c_str(), X_OK) == 0)
      return directory;
  return {};
}

void probe_subids(HostFacts& facts) {
  facts.newuidmap_dir = find_newuidmap();
  SubIds subids = host_subids(facts.uid);
  facts.subuids = std::move(subids.uids);
  facts.subgids = std::move(subids.gids);
}

HostFacts probe_common() {
  HostFacts facts;
  probe_user(facts);
  probe_version(facts);
  probe_limits(facts);
  probe_security(facts);
  facts.cgroups = find_cgroups();
  facts.user_namespaces_reason = why_no_user_namespaces(facts.rootless);
  facts.user_namespaces = facts.user_namespaces_reason.empty();
  facts.time_namespaces = ::access("/proc/self/ns/time", F_OK) == 0;
  facts.idmapped_mounts = has_idmapped_mounts();
  facts.overlay_lowerdir_append =
      has_overlay_lowerdir_append({facts.kernel_major, facts.kernel_minor});
  return facts;
}

}  // namespace

HostFacts probe_host() {
  HostFacts facts = probe_common();
  facts.overlay = has_overlay();
  probe_subids(facts);
  return facts;
}

HostFacts probe_host_for_bundles() {
  HostFacts facts = probe_common();
  if (facts.rootless) probe_subids(facts);
  return facts;
}

}  // namespace containerlib::sys
