// The files of a cgroup. All of them have the same content: each reader takes the lines that it
// knows.
#include "linux/cgroup_usage.hpp"

#include <sys/stat.h>

#include "fuzz/fuzz.hpp"
#include "fuzz/scratch.hpp"

using namespace containerlib::sys;

namespace {

constexpr const char* names[] = {"cpu.stat",
                                 "cpu.pressure",
                                 "memory.current",
                                 "memory.peak",
                                 "memory.max",
                                 "memory.events",
                                 "memory.swap.current",
                                 "memory.swap.max",
                                 "memory.swap.events",
                                 "memory.stat",
                                 "memory.pressure",
                                 "io.stat",
                                 "io.pressure",
                                 "pids.current",
                                 "pids.max",
                                 "rdma.current",
                                 "rdma.max",
                                 "hugetlb.2MB.current",
                                 "hugetlb.2MB.max",
                                 "hugetlb.2MB.events",
                                 "hugetlb.2MB.usage_in_bytes",
                                 "cpuacct.usage",
                                 "cpuacct.stat",
                                 "cpuacct.usage_percpu",
                                 "cpuacct.usage_all",
                                 "memory.usage_in_bytes",
                                 "memory.limit_in_bytes",
                                 "blkio.throttle.io_service_bytes_recursive",
                                 "blkio.bfq.io_serviced_recursive"};

std::string make_group() {
  const std::string group = fuzz::scratch() + "/group";
  if (::mkdir(group.c_str(), 0700) != 0) std::abort();
  for (const char* name : names)
    if (::symlink("content", (group + "/" + name).c_str()) != 0) std::abort();
  return group;
}

}  // namespace

void fuzz::one(std::string_view input) {
  static const std::string group = make_group();
  static ScratchFile content(group + "/content");
  content.hold(input);
  CgroupDirs v2, v1;
  v2.unified = group;
  for (const char* name : {"memory", "cpuacct", "cpu", "pids", "io", "hugetlb", "rdma"})
    v1.v1[name] = group;
  for (const CgroupDirs& dirs : {v2, v1}) {
    const CgroupUsage usage = cgroup_usage(dirs);
    require(usage.cpu.per_cpu.size() <= input.size(), "no CPU comes from nowhere");
    (void)cgroup_stats(dirs);
    (void)is_frozen(dirs);
  }
}
