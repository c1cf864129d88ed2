#include "bundle/host.hpp"

#include "linux/cgroup_layout.hpp"
#include "linux/probe.hpp"

namespace containerlib::bundle {

Host probe(std::string root, CgroupManager manager) {
  Host host;
  host.root = std::move(root);
  host.cgroup_manager = manager;
  host.facts = sys::probe_host_for_bundles();
  if (manager == CgroupManager::disabled) host.facts.cgroups = sys::no_cgroups(host.facts.cgroups);
  return host;
}

}  // namespace containerlib::bundle
