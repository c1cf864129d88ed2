#include "runtime/limits.hpp"

#include <cmath>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

const std::set<unsigned> four = {0, 1, 2, 3};

oci::Resources resources(const Limits& limits) { return to_resources(limits, four, {0}); }

std::string refused(const Limits& limits) {
  return refused_field([&] { resources(limits); });
}

}  // namespace

TEST_CASE("without limits there is the default number of processes only") {
  const oci::Resources out = resources({});
  CHECK(out.pids_limit == 2048);
  CHECK(out.pids_limit_is_default);
  CHECK_FALSE(out.memory.limit);
  CHECK_FALSE(out.memory.swap);
  CHECK_FALSE(out.cpu.quota);
  CHECK_FALSE(out.cpu.weight);
}

TEST_CASE("pids: a number, or none at all") {
  CHECK(resources({.pids = 32}).pids_limit == 32);
  CHECK_FALSE(resources({.pids = 32}).pids_limit_is_default);
  CHECK_FALSE(resources({.pids = 0}).pids_limit);
}

TEST_CASE("memory: swap is as much again unless it is told") {
  CHECK(resources({.memory = 64_MiB}).memory.limit == 64 << 20);
  CHECK(resources({.memory = 64_MiB}).memory.swap == 128 << 20);
  CHECK(resources({.memory = 64_MiB, .memory_swap = 64_MiB}).memory.swap == 64 << 20);
  CHECK(resources({.memory = 6_MiB}).memory.limit == 6 << 20);
  CHECK(resources({.memory = 64_MiB}).memory.swap_is_default);
  CHECK_FALSE(resources({.memory = 64_MiB, .memory_swap = 64_MiB}).memory.swap_is_default);
}

TEST_CASE("memory: swap without a limit, and what is taken last") {
  CHECK(resources({.memory = 64_MiB, .unlimited_swap = true}).memory.swap == -1);
  CHECK_FALSE(resources({.unlimited_swap = true}).memory.swap);
  CHECK(refused({.memory = 64_MiB, .memory_swap = 64_MiB, .unlimited_swap = true}) ==
        "limits.unlimited_swap");
  CHECK(resources({.memory_reservation = 32_MiB}).memory.reservation == 32 << 20);
  CHECK(refused({.memory = 64_MiB, .memory_reservation = 65_MiB}) == "limits.memory_reservation");
}

TEST_CASE("memory: what cannot be is refused") {
  CHECK(refused({.memory = 5_MiB}) == "limits.memory");
  CHECK(refused({.memory = 0_B}) == "limits.memory");
  CHECK(refused({.memory = Bytes{~std::uint64_t{0}}}) == "limits.memory");
  CHECK(refused({.memory = 64_MiB, .memory_swap = 32_MiB}) == "limits.memory_swap");
  CHECK(refused({.memory_swap = 32_MiB}) == "limits.memory_swap");
  CHECK_THROWS_WITH_AS(
      resources({.memory = 1_MiB}),
      "use option limits.memory: invalid option (1048576 bytes; the minimum is 6 MiB)", Error);
}

TEST_CASE("CPUs become a quota of 100 ms") {
  CHECK(resources({.cpus = 0.5}).cpu.quota == 50'000);
  CHECK(resources({.cpus = 4.0}).cpu.quota == 400'000);
  CHECK(resources({.cpus = 0.5}).cpu.period == 100'000);
  for (double cpus : {0.0, -1.0, 0.001, 4.5, HUGE_VAL, std::nan("")})
    CHECK_MESSAGE(refused({.cpus = cpus}) == "limits.cpus", cpus);
}

TEST_CASE("CPU weight is cgroup v2's") {
  CHECK(resources({.cpu_weight = 1}).cpu.weight == 1);
  CHECK(resources({.cpu_weight = 10000}).cpu.weight == 10000);
  CHECK(refused({.cpu_weight = 0}) == "limits.cpu_weight");
  CHECK(refused({.cpu_weight = 10001}) == "limits.cpu_weight");
}

TEST_CASE("CPU shares are kept as they are") {
  CHECK(resources({.cpu_shares = 2}).cpu.shares == 2);
  CHECK_FALSE(resources({.cpu_shares = 2}).cpu.weight);
  for (std::uint32_t shares : {0U, 1U, 262145U})
    CHECK(refused({.cpu_shares = shares}) == "limits.cpu_shares");
  CHECK(refused({.cpu_weight = 100, .cpu_shares = 1024}) == "limits.cpu_shares");
}

TEST_CASE("CPU lists") {
  CHECK(parse_cpu_list("0", "f") == std::set<unsigned>{0});
  CHECK(parse_cpu_list("0-2,5", "f") == std::set<unsigned>{0, 1, 2, 5});
  for (const char* text : {"", ",", "1,", "1-", "-1", "2-1", "a", "1 ", "1-2-3", "0-4294967295"})
    CHECK_MESSAGE(refused_field([&] { parse_cpu_list(text, "f"); }) == "f", text);
  CHECK(resources({.cpuset_cpus = "0-1"}).cpu.cpus == "0-1");
  CHECK(refused({.cpuset_cpus = "4"}) == "limits.cpuset_cpus");
  CHECK(refused({.cpuset_mems = "x"}) == "limits.cpuset_mems");
  CHECK_FALSE(online_cpus().empty());
  CHECK(resources({.cpuset_mems = "0"}).cpu.mems == "0");
  CHECK_FALSE(online_nodes().empty());
  CHECK_THROWS_WITH_AS(
      resources({.cpuset_mems = "4"}),
      "use option limits.cpuset_mems: invalid option (this host has no memory node "
      "4, only 0)",
      Error);
}

TEST_CASE("io limits want a block device") {
  CHECK(refused({.io = {{.device = "/dev/null", .read_bytes_per_second = 1_MiB}}}) ==
        "limits.io.device");
  CHECK_THROWS_WITH_AS(resources({.io = {{.device = "/nowhere"}}}),
                       "use io limit of device /nowhere: No such file or directory", Error);
}
