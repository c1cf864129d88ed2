#include "bundle/host.hpp"

#include "linux/probe.hpp"

namespace containerlib::bundle {

Host probe(std::string root, CgroupManager manager) {
  Host host;
  host.root = std::move(root);
  host.cgroup_manager = manager;
  host.facts = sys::probe_host();
  if (manager == CgroupManager::disabled) {
    const std::string reason = "switched off by --cgroup-manager disabled";
    host.facts.cgroups = {};
    host.facts.cgroups.unified_reason = reason;
  }
  return host;
}

}  // namespace containerlib::bundle
