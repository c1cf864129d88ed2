// What a container uses. The numbers are those of its cgroups, so also on cgroup v2.
#include "integration/fixture.hpp"

using namespace tests;

TEST_SUITE_BEGIN("cgroup");

TEST_CASE_FIXTURE(Containers, "stats: memory") {
  const std::string reason = no_controller(runtime(), "memory");
  SKIP_IF(!reason.empty(), reason);
  cl::Container container =
      start({"sh", "-c", "head -c 33554432 /dev/zero > /dev/shm/x; echo ready; sleep 60"},
            {.limits = {.memory = 128_MiB}});
  cl::LogLine line;
  REQUIRE(container.logs({.follow = true}).next(line));
  const cl::Stats stats = container.stats();
  REQUIRE(stats.memory);
  CHECK(*stats.memory >= 32_MiB);
  CHECK(*stats.memory < 128_MiB);
  if (stats.memory_peak) CHECK(*stats.memory_peak >= *stats.memory);
  REQUIRE(stats.memory_limit);
  CHECK(*stats.memory_limit == 128_MiB);
}

TEST_CASE_FIXTURE(Containers, "stats: processes") {
  const std::string reason = no_controller(runtime(), "pids");
  SKIP_IF(!reason.empty(), reason);
  cl::Container container =
      start({"sh", "-c", "sleep 60 & sleep 60 & echo ready; wait"}, {.limits = {.pids = 50}});
  cl::LogLine line;
  REQUIRE(container.logs({.follow = true}).next(line));
  const cl::Stats stats = container.stats();
  REQUIRE(stats.pids);
  CHECK(*stats.pids == 3);
  REQUIRE(stats.pids_limit);
  CHECK(*stats.pids_limit == 50);
}

TEST_CASE_FIXTURE(Containers, "stats: CPU time grows with work") {
  cl::Container container = start({"sh", "-c", "while :; do :; done"});
  const auto first = container.stats().cpu;
  if (!first) {
    const std::string reason = no_controller(runtime(), "cpu");
    CHECK_FALSE(reason.empty());  // a cpu controller can tell
    SKIP_IF(true, "no CPU time: " << reason);
  }
  CHECK(eventually([&] { return *container.stats().cpu >= *first + 50ms; }));
}

TEST_CASE_FIXTURE(Containers, "stats: a container without limits, and one that has ended") {
  cl::Container container = start({"sleep", "60"});
  CHECK(container.try_stats().has_value());
  container.kill();
  container.wait();
  const auto ended = container.try_stats();
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().code() == cl::Errc::not_running);
}

TEST_SUITE_END();
