#include "sandbox/compile/cgroup_settings.hpp"

#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include <functional>

#include "cgroup_facts.hpp"

using namespace containerlib;
using tests::all_of_v1;
using tests::all_of_v2;

namespace {

/// "field file=value", one a line; " ?" for one that is optional, " | file=value" for another one.
std::string shown(const std::vector<sandbox::Setting>& settings) {
  std::string out;
  for (const sandbox::Setting& s : settings) {
    CHECK(s.field.starts_with("linux.resources."));
    out += s.field.substr(16) + " " + s.file + "=" + s.value;
    if (s.optional) out += " ?";
    if (!s.other_file.empty()) out += " | " + s.other_file + "=" + s.other_value;
    out += '\n';
  }
  return out;
}

using Change = std::function<void(oci::Resources&)>;

std::string on(const sys::CgroupFacts& facts, const Change& change) {
  oci::Resources r;
  change(r);
  try {
    return shown(sandbox::cgroup_settings(r, facts));
  } catch (const Error& error) {
    CHECK(error.subject().starts_with("linux.resources."));
    return (error.code() == Errc::unsupported ? "unsupported " : "invalid ") +
           error.subject().substr(16) + ": " + std::string(error.hint());
  }
}

struct Case {
  Change change;
  std::string v2, v1;
};

}  // namespace

TEST_CASE("each field of linux.resources on both versions") {
  const Case cases[] = {
      {[](auto& r) { r.memory.limit = 4096; }, "memory.limit memory.max=4096\n",
       "memory.limit memory.limit_in_bytes=4096\n"},
      {[](auto& r) { r.memory.limit = -1; },
       "memory.limit memory.max=max\nmemory.swap memory.swap.max=max ?\n",
       "memory.limit memory.limit_in_bytes=-1\nmemory.swap memory.memsw.limit_in_bytes=-1 ?\n"},
      {[](auto& r) { r.memory.limit = 4096, r.memory.swap = 4096; },
       "memory.limit memory.max=4096\nmemory.swap memory.swap.max=0\n",
       "memory.limit memory.limit_in_bytes=4096\nmemory.swap memory.memsw.limit_in_bytes=4096\n"},
      {[](auto& r) { r.memory.limit = 4096, r.memory.swap = 12288; },
       "memory.limit memory.max=4096\nmemory.swap memory.swap.max=8192\n",
       "memory.limit memory.limit_in_bytes=4096\nmemory.swap memory.memsw.limit_in_bytes=12288\n"},
      {[](auto& r) { r.memory.swap = -1; }, "memory.swap memory.swap.max=max ?\n",
       "memory.swap memory.memsw.limit_in_bytes=-1 ?\n"},
      {[](auto& r) { r.memory.limit = 0, r.memory.swap = 0; }, "", ""},
      {[](auto& r) { r.memory.swap = 4096; },
       "invalid memory.swap: it counts memory and swap, so it needs memory.limit as well",
       "memory.swap memory.memsw.limit_in_bytes=4096\n"},
      {[](auto& r) { r.memory.limit = 8192, r.memory.swap = 4096; },
       "invalid memory.swap: it counts memory and swap, so it cannot be below memory.limit",
       "invalid memory.swap: it counts memory and swap, so it cannot be below memory.limit"},
      {[](auto& r) { r.memory.reservation = 4096; }, "memory.reservation memory.low=4096\n",
       "memory.reservation memory.soft_limit_in_bytes=4096\n"},
      {[](auto& r) { r.memory.reservation = -1; }, "memory.reservation memory.low=max\n",
       "memory.reservation memory.soft_limit_in_bytes=-1\n"},
      {[](auto& r) { r.memory.kernel = -1, r.memory.kernel_tcp = -1; }, "",
       "memory.kernelTCP memory.kmem.tcp.limit_in_bytes=-1\n"},
      {[](auto& r) { r.memory.kernel = 0; }, "", ""},
      {[](auto& r) { r.memory.kernel = 1; },
       "unsupported memory.kernel: cgroup v2 has no such limit: kernel memory is part of "
       "memory.limit",
       "memory.kernel memory.kmem.limit_in_bytes=1\n"},
      {[](auto& r) { r.memory.kernel_tcp = 1; },
       "unsupported memory.kernelTCP: cgroup v2 has no such limit: kernel memory is part of "
       "memory.limit",
       "memory.kernelTCP memory.kmem.tcp.limit_in_bytes=1\n"},
      {[](auto& r) { r.memory.swappiness = 60; },
       "unsupported memory.swappiness: cgroup v2 has no swappiness of a group",
       "memory.swappiness memory.swappiness=60\n"},
      {[](auto& r) { r.memory.swappiness = 101; }, "invalid memory.swappiness: more than 100",
       "invalid memory.swappiness: more than 100"},
      {[](auto& r) { r.memory.disable_oom_killer = true; },
       "unsupported memory.disableOOMKiller: cgroup v2 cannot disable it",
       "memory.disableOOMKiller memory.oom_control=1\n"},
      {[](auto& r) { r.memory.disable_oom_killer = false; }, "",
       "memory.disableOOMKiller memory.oom_control=0\n"},
      {[](auto& r) { r.memory.use_hierarchy = true; }, "",
       "memory.useHierarchy memory.use_hierarchy=1\n"},
      {[](auto& r) { r.memory.use_hierarchy = false; },
       "unsupported memory.useHierarchy: cgroup v2 is always hierarchical",
       "memory.useHierarchy memory.use_hierarchy=0\n"},
      {[](auto& r) { r.memory.check_before_update = true; }, "", ""},
      {[](auto& r) { r.memory.limit = 4096, r.memory.oom_group = true; },
       "memory.limit memory.max=4096\nmemory.limit memory.oom.group=1 ?\n",
       "memory.limit memory.limit_in_bytes=4096\n"},

      {[](auto& r) { r.cpu.shares = 1024; }, "cpu.shares cpu.weight=100\n",
       "cpu.shares cpu.shares=1024\n"},
      {[](auto& r) { r.cpu.shares = 0; }, "", ""},
      {[](auto& r) { r.cpu.weight = 200; }, "cpu.shares cpu.weight=200\n",
       "cpu.shares cpu.shares=2048\n"},
      {[](auto& r) { r.cpu.quota = 50000; }, "cpu.quota cpu.max=50000\n",
       "cpu.quota cpu.cfs_quota_us=50000\n"},
      {[](auto& r) { r.cpu.quota = 50000, r.cpu.period = 200000; },
       "cpu.quota cpu.max=50000 200000\n",
       "cpu.period cpu.cfs_period_us=200000\ncpu.quota cpu.cfs_quota_us=50000\n"},
      {[](auto& r) { r.cpu.quota = -1, r.cpu.period = 200000; }, "cpu.quota cpu.max=max 200000\n",
       "cpu.period cpu.cfs_period_us=200000\ncpu.quota cpu.cfs_quota_us=-1\n"},
      {[](auto& r) { r.cpu.period = 200000; }, "cpu.period cpu.max=max 200000\n",
       "cpu.period cpu.cfs_period_us=200000\n"},
      {[](auto& r) { r.cpu.burst = 1000, r.cpu.quota = 5000; },
       "cpu.quota cpu.max=5000\ncpu.burst cpu.max.burst=1000\n",
       "cpu.quota cpu.cfs_quota_us=5000\ncpu.burst cpu.cfs_burst_us=1000\n"},
      {[](auto& r) { r.cpu.burst = 6000, r.cpu.quota = 5000; },
       "invalid cpu.burst: more than cpu.quota", "invalid cpu.burst: more than cpu.quota"},
      {[](auto& r) { r.cpu.idle = 1, r.cpu.shares = 512; }, "cpu.idle cpu.idle=1\n",
       "cpu.idle cpu.idle=1\n"},
      {[](auto& r) { r.cpu.idle = 0, r.cpu.shares = 2; },
       "cpu.idle cpu.idle=0\ncpu.shares cpu.weight=1\n",
       "cpu.idle cpu.idle=0\ncpu.shares cpu.shares=2\n"},
      {[](auto& r) { r.cpu.realtime_period = 1000, r.cpu.realtime_runtime = 950; },
       "unsupported cpu.realtimePeriod: cgroup v2 limits no realtime processes",
       "cpu.realtimePeriod cpu.rt_period_us=1000\ncpu.realtimeRuntime cpu.rt_runtime_us=950\n"},
      {[](auto& r) { r.cpu.realtime_runtime = 950; },
       "unsupported cpu.realtimeRuntime: cgroup v2 limits no realtime processes",
       "cpu.realtimeRuntime cpu.rt_runtime_us=950\n"},
      {[](auto& r) { r.cpu.cpus = "0-1", r.cpu.mems = "0"; },
       "cpu.cpus cpuset.cpus=0-1\ncpu.mems cpuset.mems=0\n",
       "cpu.cpus cpuset.cpus=0-1\ncpu.mems cpuset.mems=0\n"},

      {[](auto& r) { r.pids_limit = 5; }, "pids.limit pids.max=5\n", "pids.limit pids.max=5\n"},
      {[](auto& r) { r.pids_limit = -1; }, "pids.limit pids.max=max\n",
       "pids.limit pids.max=max\n"},
      {[](auto& r) { r.pids_limit = 0; }, "pids.limit pids.max=1\n", "pids.limit pids.max=1\n"},

      {[](auto& r) { r.block.weight = 500; }, "blockIO.weight io.bfq.weight=500 | io.weight=4950\n",
       "blockIO.weight blkio.bfq.weight=500 | blkio.weight=500\n"},
      {[](auto& r) { r.block.weight = 0; }, "", ""},
      {[](auto& r) { r.block.weight = 10; }, "blockIO.weight io.bfq.weight=10 | io.weight=1\n",
       "blockIO.weight blkio.bfq.weight=10 | blkio.weight=10\n"},
      {[](auto& r) { r.block.weight = 9; }, "invalid blockIO.weight: not from 10 to 1000",
       "invalid blockIO.weight: not from 10 to 1000"},
      {[](auto& r) { r.block.leaf_weight = 10; },
       "unsupported blockIO.leafWeight: cgroup v2 has no leaf weight",
       "blockIO.leafWeight blkio.leaf_weight=10\n"},
      {[](auto& r) {
         r.block.devices = {{8, 0, 1000, {}}};
       },
       "blockIO.weightDevice io.bfq.weight=8:0 1000 | io.weight=8:0 10000\n",
       "blockIO.weightDevice blkio.bfq.weight_device=8:0 1000 | blkio.weight_device=8:0 1000\n"},
      {[](auto& r) {
         r.block.devices = {{8, 0, {}, 300}};
       },
       "unsupported blockIO.weightDevice: cgroup v2 has no leaf weight",
       "blockIO.weightDevice blkio.leaf_weight_device=8:0 300\n"},
      {[](auto& r) {
         r.block.devices = {{8, 0, {}, {}}};
       },
       "invalid blockIO.weightDevice: 8:0 has no weight",
       "invalid blockIO.weightDevice: 8:0 has no weight"},
      {[](auto& r) {
         r.block.read_bps = {{8, 0, 1}, {8, 16, 2}};
       },
       "blockIO.throttleReadBpsDevice io.max=8:0 rbps=1\n"
       "blockIO.throttleReadBpsDevice io.max=8:16 rbps=2\n",
       "blockIO.throttleReadBpsDevice blkio.throttle.read_bps_device=8:0 1\n"
       "blockIO.throttleReadBpsDevice blkio.throttle.read_bps_device=8:16 2\n"},
      {[](auto& r) {
         r.block.write_bps = {{8, 0, 0}};
       },
       "blockIO.throttleWriteBpsDevice io.max=8:0 wbps=max\n",
       "blockIO.throttleWriteBpsDevice blkio.throttle.write_bps_device=8:0 0\n"},
      {[](auto& r) {
         r.block.read_iops = {{8, 0, 7}};
       },
       "blockIO.throttleReadIOPSDevice io.max=8:0 riops=7\n",
       "blockIO.throttleReadIOPSDevice blkio.throttle.read_iops_device=8:0 7\n"},
      {[](auto& r) {
         r.block.write_iops = {{8, 0, 7}};
       },
       "blockIO.throttleWriteIOPSDevice io.max=8:0 wiops=7\n",
       "blockIO.throttleWriteIOPSDevice blkio.throttle.write_iops_device=8:0 7\n"},

      {[](auto& r) {
         r.hugepages = {{"2MB", 4096}};
       },
       "hugepageLimits[2MB] hugetlb.2MB.max=4096\nhugepageLimits[2MB] hugetlb.2MB.rsvd.max=4096 "
       "?\n",
       "hugepageLimits[2MB] hugetlb.2MB.limit_in_bytes=4096\n"
       "hugepageLimits[2MB] hugetlb.2MB.rsvd.limit_in_bytes=4096 ?\n"},
      {[](auto& r) {
         r.hugepages = {{"../2MB", 4096}};
       },
       "invalid hugepageLimits[../2MB]: not a size like 2MB",
       "invalid hugepageLimits[../2MB]: not a size like 2MB"},
      {[](auto& r) {
         r.rdma["mlx5_1"] = {3, 10000};
       },
       "rdma[mlx5_1] rdma.max=mlx5_1 hca_handle=3 hca_object=10000\n",
       "rdma[mlx5_1] rdma.max=mlx5_1 hca_handle=3 hca_object=10000\n"},
      {[](auto& r) {
         r.rdma["rxe3"] = {{}, 7};
       },
       "rdma[rxe3] rdma.max=rxe3 hca_object=7\n", "rdma[rxe3] rdma.max=rxe3 hca_object=7\n"},
      {[](auto& r) { r.rdma["rxe3"] = {}; },
       "invalid rdma[rxe3]: neither hcaHandles nor hcaObjects",
       "invalid rdma[rxe3]: neither hcaHandles nor hcaObjects"},
      {[](auto& r) { r.network.class_id = 1048577; },
       "unsupported network.classID: cgroup controller net_cls: this kernel has none, or it is not "
       "mounted",
       "network.classID net_cls.classid=1048577\n"},
      {[](auto& r) {
         r.network.priorities = {{"eth0", 500}, {"eth1", 1000}};
       },
       "unsupported network.priorities: cgroup controller net_prio: this kernel has none, or it is "
       "not mounted",
       "network.priorities net_prio.ifpriomap=eth0 500\n"
       "network.priorities net_prio.ifpriomap=eth1 1000\n"},

      {[](auto& r) {
         r.unified = {{"memory.high", "4096"}};
       },
       "unified[memory.high] memory.high=4096\n",
       "unsupported unified[memory.high]: no cgroup v2 can be used: not mounted"},
      {[](auto& r) {
         r.unified = {{"io.max", "8:0 rbps=1\n8:16 rbps=2"}};
       },
       "unified[io.max] io.max=8:0 rbps=1\nunified[io.max] io.max=8:16 rbps=2\n",
       "unsupported unified[io.max]: no cgroup v2 can be used: not mounted"},
      {[](auto& r) {
         r.unified = {{"misc.max", "res_a 1"}};
       },
       "unified[misc.max] misc.max=res_a 1\n",
       "unsupported unified[misc.max]: no cgroup v2 can be used: not mounted"},
      {[](auto& r) {
         r.unified = {{"cgroup.max.depth", "1"}};
       },
       "unified[cgroup.max.depth] cgroup.max.depth=1\n",
       "unsupported unified[cgroup.max.depth]: no cgroup v2 can be used: not mounted"},
      {[](auto& r) {
         r.unified = {{"cgroup.procs", "1"}};
       },
       "invalid unified[cgroup.procs]: this file is the runtime's own",
       "invalid unified[cgroup.procs]: this file is the runtime's own"},
      {[](auto& r) {
         r.unified = {{"../memory.max", "1"}};
       },
       "invalid unified[../memory.max]: not the name of a control file",
       "invalid unified[../memory.max]: not the name of a control file"}};
  for (const Case& c : cases) {
    CHECK(on(all_of_v2(), c.change) == c.v2);
    CHECK(on(all_of_v1(), c.change) == c.v1);
  }
}

TEST_CASE("shares become the weight that runc and crun give") {
  const std::pair<std::uint64_t, std::uint64_t> pairs[] = {
      {0, 1},      {2, 1},      {3, 2},          {512, 59},
      {1024, 100}, {2048, 174}, {262144, 10000}, {999999, 10000}};
  for (const auto& [shares, weight] : pairs) CHECK(sandbox::weight_of_shares(shares) == weight);
}

TEST_CASE("what its controller cannot do here is an error with the field and the reason") {
  sys::CgroupFacts facts = all_of_v2();
  for (sys::Controller& c : facts.controllers) c = {c.name, 0, "", "not delegated to uid 1000"};
  const auto reason = [&](const char* name) {
    return "cgroup controller " + std::string(name) + ": not delegated to uid 1000";
  };
  const std::pair<Change, std::string> cases[] = {
      {[](auto& r) { r.memory.limit = 1 << 20; }, "memory.limit: " + reason("memory")},
      {[](auto& r) { r.cpu.quota = 1000; }, "cpu.quota: " + reason("cpu")},
      {[](auto& r) { r.cpu.cpus = "0"; }, "cpu.cpus: " + reason("cpuset")},
      {[](auto& r) { r.pids_limit = 3; }, "pids.limit: " + reason("pids")},
      {[](auto& r) { r.block.weight = 100; }, "blockIO.weight: " + reason("io")},
      {[](auto& r) {
         r.hugepages = {{"2MB", 0}};
       },
       "hugepageLimits[2MB]: " + reason("hugetlb")},
      {[](auto& r) { r.rdma["a"].objects = 1; }, "rdma[a]: " + reason("rdma")},
      {[](auto& r) { r.unified["pids.max"] = "1"; }, "unified[pids.max]: " + reason("pids")}};
  for (const auto& [change, text] : cases) CHECK(on(facts, change) == "unsupported " + text);
}

TEST_CASE("on a hybrid host a file of v2 is no way to a controller of v1") {
  sys::CgroupFacts facts = all_of_v1();
  facts.unified = "/sys/fs/cgroup/unified/containerlib";
  CHECK(on(facts, [](auto& r) { r.unified["memory.max"] = "1"; }) ==
        "unsupported unified[memory.max]: cgroup controller memory is bound to cgroup v1");
}

TEST_CASE("a pids limit that nobody asked for is left out where it cannot be applied") {
  sys::CgroupFacts facts = all_of_v2();
  const auto by_default = [](auto& r) { r.pids_limit = 2048, r.pids_limit_is_default = true; };
  CHECK(on(facts, by_default) == "pids.limit pids.max=2048 ?\n");
  for (sys::Controller& c : facts.controllers) c.version = 0;
  CHECK(on(facts, by_default) == "");
}
