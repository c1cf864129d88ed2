#pragma once
#include "linux/host_facts.hpp"

// Facts of hosts that have every controller.
namespace tests {

inline containerlib::sys::CgroupFacts all_of_v2() {
  containerlib::sys::CgroupFacts facts;
  facts.layout = containerlib::sys::CgroupFacts::Layout::v2;
  facts.unified_mount = "/sys/fs/cgroup";
  facts.unified = "/sys/fs/cgroup/containerlib";
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "io", "hugetlb", "rdma"})
    facts.controllers.push_back({name, 2, facts.unified, ""});
  return facts;
}

inline containerlib::sys::CgroupFacts all_of_v1() {
  containerlib::sys::CgroupFacts facts;
  facts.layout = containerlib::sys::CgroupFacts::Layout::v1;
  facts.unified_reason = "not mounted";
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "io", "hugetlb", "rdma", "devices",
                           "net_cls", "net_prio", "freezer", "cpuacct"}) {
    const std::string hierarchy = name == std::string("io") ? "blkio" : name;
    const std::string mount = "/sys/fs/cgroup/" + hierarchy;
    facts.controllers.push_back({name, 1, mount + "/containerlib", "", hierarchy, mount});
  }
  return facts;
}

}  // namespace tests
