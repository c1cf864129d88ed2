#pragma once
#include <functional>
#include <string>

#include "linux/host_facts.hpp"

namespace containerlib::bundle {

enum class CgroupManager { cgroupfs, systemd, disabled };

/// What every operation on a container works with.
struct Host {
  std::string root;  ///< of the containers' directories
  CgroupManager cgroup_manager = CgroupManager::cgroupfs;
  sys::HostFacts facts;
  /// Is told what is not as asked for but no error.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

/// Probes this host. With CgroupManager::disabled the facts have no cgroups.
Host probe(std::string root, CgroupManager);

}  // namespace containerlib::bundle
