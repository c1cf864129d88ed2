#include "runtime/host_info.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "runtime/engine.hpp"

namespace containerlib::runtime {
namespace {

std::string layout_name(sys::CgroupFacts::Layout layout) {
  switch (layout) {
    case sys::CgroupFacts::Layout::none: return "none";
    case sys::CgroupFacts::Layout::v1: return "v1";
    case sys::CgroupFacts::Layout::hybrid: return "hybrid";
    case sys::CgroupFacts::Layout::v2: return "v2";
  }
  return "none";
}

std::vector<HostInfo::Controller> controllers(const sys::CgroupFacts& facts) {
  std::vector<HostInfo::Controller> out;
  for (const sys::Controller& c : facts.controllers)
    out.push_back({c.name, c.version == 0 ? "" : fmt::format("v{}", c.version), c.base, c.reason});
  return out;
}

std::uint64_t total(const std::vector<sys::IdRange>& ranges) {
  std::uint64_t out = 0;
  for (const sys::IdRange& range : ranges) out += range.count;
  return out;
}

HostInfo::Feature subordinate_ids(const sys::HostFacts& facts) {
  if (facts.maps_ranges())
    return {"subordinate ids", true,
            fmt::format("{} user ids, {} group ids", total(facts.subuids), total(facts.subgids))};
  return {"subordinate ids", false,
          !facts.newuidmap_dir.empty() ? "none for this user in /etc/subuid and /etc/subgid"
                                       : "newuidmap and newgidmap are missing (package uidmap)"};
}

std::vector<HostInfo::Feature> features(const sys::HostFacts& facts) {
  std::vector<HostInfo::Feature> out = {
      {"user namespaces", facts.user_namespaces, facts.user_namespaces_reason},
      {"idmapped mounts", facts.idmapped_mounts,
       facts.idmapped_mounts ? "" : "needs Linux 5.12 and CAP_SYS_ADMIN"},
      {"overlay", facts.overlay, facts.overlay ? "" : "not in /proc/filesystems; modprobe overlay"},
      {"seccomp", ::access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0, ""},
      {"cgroup freeze and kill", !facts.cgroups.unified.empty(),
       facts.cgroups.unified.empty() ? facts.cgroups.unified_reason : facts.cgroups.unified}};
  out.push_back({"Landlock", facts.landlock_abi > 0,
                 facts.landlock_abi > 0 ? fmt::format("version {}", facts.landlock_abi)
                                        : facts.landlock_reason});
  if (facts.rootless) out.push_back(subordinate_ids(facts));
  return out;
}

}  // namespace

HostInfo host_info(const Engine& engine) {
  const sys::HostFacts& facts = engine.facts();
  HostInfo out;
  out.kernel = facts.kernel;
  out.rootless = facts.rootless;
  out.cgroup_layout = layout_name(facts.cgroups.layout);
  out.controllers = controllers(facts.cgroups);
  out.features = features(facts);
  out.root = engine.root();
  out.run_root = engine.run_root();
  out.images = engine.store().images().size();
  out.containers = engine.store().containers().size();
  return out;
}

}  // namespace containerlib::runtime
