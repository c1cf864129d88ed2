#include "linux/cgroup_usage.hpp"

#include <doctest/doctest.h>

#include "temporary_directory.hpp"

using namespace containerlib::sys;

namespace {

std::string shown(const std::vector<CgroupUsage::IoEntry>& entries) {
  std::string out;
  for (const CgroupUsage::IoEntry& e : entries)
    out += std::to_string(e.major) + ":" + std::to_string(e.minor) + " " + e.operation + " " +
           std::to_string(e.value) + "\n";
  return out;
}

}  // namespace

TEST_CASE("usage of a v2 group") {
  const TemporaryDirectory group;
  group.write("cpu.stat",
              "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 3\nnr_throttled 2\n"
              "throttled_usec 7\n");
  group.write("memory.current", "100\n");
  group.write("memory.peak", "200\n");
  group.write("memory.max", "4096\n");
  group.write("memory.events", "low 0\nhigh 0\nmax 6\noom 1\noom_kill 1\n");
  group.write("memory.swap.current", "10\n");
  group.write("memory.swap.max", "max\n");
  group.write("memory.stat", "anon 60\nfile 30\n");
  group.write("pids.current", "2\n");
  group.write("pids.max", "max\n");
  group.write("io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16 \n");
  group.write("hugetlb.2MB.current", "2097152\n");
  group.write("hugetlb.2MB.max", "max\n");
  group.write("hugetlb.2MB.events", "max 3\n");
  group.write("hugetlb.2MB.rsvd.current", "1\n");
  group.write("rdma.current", "mlx5_0 hca_handle=2 hca_object=20\n");
  group.write("rdma.max", "mlx5_0 hca_handle=3 hca_object=max\n");
  group.write("cpu.pressure",
              "some avg10=1.50 avg60=0.25 avg300=0.00 total=77\n"
              "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
  const CgroupUsage usage = cgroup_usage({.unified = group.path(), .v1 = {}});
  CHECK(usage.cpu.total == 9000);
  CHECK(usage.cpu.user == 5000);
  CHECK(usage.cpu.kernel == 4000);
  CHECK(usage.cpu.periods == 3);
  CHECK(usage.cpu.throttled_periods == 2);
  CHECK(usage.cpu.throttled_time == 7000);
  CHECK(usage.memory.usage.usage == 100);
  CHECK(usage.memory.usage.max == 200);
  CHECK(usage.memory.usage.limit == 4096);
  CHECK(usage.memory.usage.failed == 6);
  CHECK(usage.memory.swap.usage == 110);
  CHECK_FALSE(usage.memory.swap.limit);
  CHECK(usage.memory.cache == 30);
  CHECK(usage.memory.raw.at("anon") == 60);
  CHECK(usage.pids.current == 2);
  CHECK_FALSE(usage.pids.limit);
  CHECK(shown(usage.io.service_bytes) == "8:0 Read 1\n8:0 Write 2\n8:0 Discard 5\n");
  CHECK(shown(usage.io.serviced) == "8:0 Read 3\n8:0 Write 4\n8:0 Discard 6\n");
  REQUIRE(usage.hugetlb.size() == 1);
  CHECK(usage.hugetlb.at("2MB").usage == 2097152);
  CHECK(usage.hugetlb.at("2MB").failed == 3);
  REQUIRE(usage.rdma.limit.size() == 1);
  CHECK(usage.rdma.limit[0].device == "mlx5_0");
  CHECK(usage.rdma.limit[0].handles == 3);
  CHECK_FALSE(usage.rdma.limit[0].objects);
  CHECK(usage.rdma.current[0].objects == 20);
  REQUIRE(usage.cpu_pressure);
  CHECK(usage.cpu_pressure->some->avg10 == doctest::Approx(1.5));
  CHECK(usage.cpu_pressure->some->total == 77);
  CHECK(usage.cpu_pressure->full->total == 5);
  CHECK_FALSE(usage.memory_pressure);
}

TEST_CASE("usage of v1 groups goes before that of v2") {
  const TemporaryDirectory group;
  group.write("u/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
  group.write("a/cpuacct.usage", "500\n");
  group.write("a/cpuacct.usage_percpu", "200 300 \n");
  group.write("a/cpuacct.usage_all", "cpu user system\n0 150 50\n1 200 100\n");
  group.write("a/cpuacct.stat", "user 2\nsystem 1\n");
  group.write("c/cpu.stat", "nr_periods 3\nnr_throttled 2\nthrottled_time 7\n");
  group.write("m/memory.usage_in_bytes", "10\n");
  group.write("m/memory.max_usage_in_bytes", "20\n");
  group.write("m/memory.limit_in_bytes", "9223372036854771712\n");
  group.write("m/memory.failcnt", "1\n");
  group.write("m/memory.memsw.usage_in_bytes", "11\n");
  group.write("m/memory.memsw.limit_in_bytes", "4096\n");
  group.write("m/memory.kmem.usage_in_bytes", "3\n");
  group.write("m/memory.kmem.tcp.usage_in_bytes", "0\n");
  group.write("m/memory.stat", "cache 4\nrss 5\n");
  group.write("p/pids.current", "1\n");
  group.write("p/pids.max", "32\n");
  group.write("b/blkio.throttle.io_service_bytes_recursive",
              "8:0 Read 5\n8:0 Total 11\nTotal 11\n");
  group.write("b/blkio.bfq.io_serviced_recursive", "8:0 Write 7\nTotal 7\n");
  group.write("b/blkio.throttle.io_serviced_recursive", "8:0 Write 9\n");
  group.write("b/blkio.bfq.sectors_recursive", "8:0 6\n");
  group.write("h/hugetlb.1GB.usage_in_bytes", "1\n");
  group.write("h/hugetlb.1GB.failcnt", "2\n");
  const CgroupUsage usage = cgroup_usage({.unified = group.path("u"),
                                          .v1 = {{"cpuacct", group.path("a")},
                                                 {"cpu", group.path("c")},
                                                 {"memory", group.path("m")},
                                                 {"pids", group.path("p")},
                                                 {"io", group.path("b")},
                                                 {"hugetlb", group.path("h")}}});
  CHECK(usage.cpu.total == 500);
  CHECK(usage.cpu.per_cpu == std::vector<std::uint64_t>{200, 300});
  CHECK(usage.cpu.per_cpu_user == std::vector<std::uint64_t>{150, 200});
  CHECK(usage.cpu.per_cpu_kernel == std::vector<std::uint64_t>{50, 100});
  CHECK(usage.cpu.user == 20000000);  // 100 ticks a second
  CHECK(usage.cpu.throttled_time == 7);
  CHECK(usage.memory.usage.usage == 10);
  CHECK_FALSE(usage.memory.usage.limit);
  CHECK(usage.memory.usage.failed == 1);
  CHECK(usage.memory.swap.limit == 4096);
  CHECK(usage.memory.kernel.usage == 3);
  CHECK(usage.memory.kernel_tcp.usage == 0);
  CHECK(usage.memory.cache == 4);
  CHECK(usage.pids.limit == 32);
  CHECK(shown(usage.io.service_bytes) == "8:0 Read 5\n8:0 Total 11\n");
  CHECK(shown(usage.io.serviced) == "8:0 Write 7\n");
  CHECK(shown(usage.io.sectors) == "8:0  6\n");
  CHECK(usage.hugetlb.at("1GB").failed == 2);
}

TEST_CASE("usage of groups that are gone is nothing") {
  const CgroupUsage usage = cgroup_usage({.unified = "/nowhere", .v1 = {{"memory", "/nowhere"}}});
  CHECK_FALSE(usage.cpu.total);
  CHECK_FALSE(usage.memory.usage.usage);
  CHECK(usage.hugetlb.empty());
}
