// Limits, through whichever cgroup version has the controller. Run also in a guest with cgroup v2.
#include "integration/fixture.hpp"

using namespace tests;

namespace {

/// The controller as this host has it; nullopt when it cannot be used.
std::optional<cl::HostInfo::Controller> controller(const cl::Runtime& runtime,
                                                   const std::string& name) {
  for (const cl::HostInfo::Controller& found : runtime.info().controllers)
    if (found.name == name && !found.version.empty()) return found;
  return std::nullopt;
}

/// A control file of the container's group, by its v2 or v1 name; only root's groups are in the
/// path that info() tells.
std::string control(const cl::HostInfo::Controller& controller, const cl::Container& container,
                    const std::string& v2, const std::string& v1) {
  const std::filesystem::path group = std::filesystem::path(controller.path) / container.id();
  return without_newline(read_file(group / (controller.version == "v2" ? v2 : v1)));
}

}  // namespace

#define NEEDS(name)                                          \
  const std::string reason = no_controller(runtime(), name); \
  SKIP_IF(!reason.empty(), reason);                          \
  const cl::HostInfo::Controller found = *controller(runtime(), name)

TEST_SUITE_BEGIN("cgroup");

TEST_CASE_FIXTURE(Containers, "limits: out of memory is told as such") {
  NEEDS("memory");
  const cl::Completed done = run({"sh", "-c", "x=$(head -c 300000000 /dev/zero | tr '\\0' a)"},
                                 {.limits = {.memory = 64_MiB, .memory_swap = 64_MiB}});
  CHECK(done.status.kind == cl::ExitStatus::Kind::oom_killed);
  CHECK(done.status.message() == "killed by SIGKILL: out of memory (64 MiB)");
  CHECK(done.status.shell_code() == 137);
  CHECK_FALSE(done.status.success());
}

TEST_CASE_FIXTURE(Containers, "limits: out of memory of an exec'd process is told as such") {
  NEEDS("memory");
  cl::Container container =
      start({"sleep", "60"}, {.limits = {.memory = 64_MiB, .memory_swap = 64_MiB}});
  const cl::Completed done =
      container.exec({"sh", "-c", "x=$(head -c 300000000 /dev/zero | tr '\\0' a)"});
  CHECK(done.status.message() == "killed by SIGKILL: out of memory (64 MiB)");
}

TEST_CASE_FIXTURE(Containers, "limits: groups that a container has made go with its own") {
  SKIP_IF(!is_root(), "needs root: the host's ids");
  const cl::Completed done = run(
      {"sh", "-c",
       "for group in /sys/fs/cgroup /sys/fs/cgroup/*; do"
       " mount -o remount,rw $group && mkdir -p $group/a/b && echo made $group; done 2>/dev/null"},
      {.cap_add = {"SYS_ADMIN"},
       .seccomp = cl::Seccomp::unconfined(),
       .user_namespace = cl::UserNamespace::host});
  CHECK(contains(done.out, "made /sys/fs/cgroup"));  // and the fixture sees that nothing is left
}

TEST_CASE_FIXTURE(Containers, "limits: a kill that is no lack of memory is not told as one") {
  NEEDS("memory");
  cl::Container container = start({"sleep", "60"}, {.limits = {.memory = 64_MiB}});
  container.kill();
  CHECK(container.wait().kind == cl::ExitStatus::Kind::signaled);
}

TEST_CASE_FIXTURE(Containers, "limits: memory and swap are written") {
  NEEDS("memory");
  cl::Container container = start({"sleep", "60"}, {.limits = {.memory = 64_MiB}});
  CHECK(control(found, container, "memory.max", "memory.limit_in_bytes") == "67108864");
  CHECK(container.inspect().limits.memory == 64_MiB);
}

TEST_CASE_FIXTURE(Containers, "limits: processes") {
  NEEDS("pids");
  const cl::Completed done =
      run({"sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo no"},
          {.limits = {.pids = 5}});
  CHECK(contains(done.err, "can't fork"));
  cl::Container container = start({"sleep", "60"});
  CHECK(control(found, container, "pids.max", "pids.max") == "2048");
  cl::Container unlimited = start({"sleep", "60"}, {.limits = {.pids = 0}});
  const std::string max = control(found, unlimited, "pids.max", "pids.max");
  CHECK((max == "max" || max.empty()));  // no group at all is no limit, too
}

TEST_CASE_FIXTURE(Containers, "limits: CPU quota") {
  NEEDS("cpu");
  cl::Container container = start({"sleep", "60"}, {.limits = {.cpus = 0.5}});
  if (found.version == "v2") {
    CHECK(control(found, container, "cpu.max", "") == "50000 100000");
  } else {
    CHECK(control(found, container, "", "cpu.cfs_quota_us") == "50000");
    CHECK(control(found, container, "", "cpu.cfs_period_us") == "100000");
  }
}

TEST_CASE_FIXTURE(Containers, "limits: CPU weight") {
  NEEDS("cpu");
  cl::Container container = start({"sleep", "60"}, {.limits = {.cpu_weight = 200}});
  const std::string value = control(found, container, "cpu.weight", "cpu.shares");
  CHECK(value == (found.version == "v2" ? "200" : "2048"));  // v1: 100 is 1024
}

TEST_CASE_FIXTURE(Containers, "limits: CPUs by number") {
  NEEDS("cpuset");
  cl::Container container =
      start({"sleep", "60"}, {.limits = {.cpuset_cpus = "0", .cpuset_mems = "0"}});
  CHECK(control(found, container, "cpuset.cpus", "cpuset.cpus") == "0");
  CHECK(container.exec({"grep", "Cpus_allowed_list", "/proc/1/status"}).out ==
        "Cpus_allowed_list:\t0\n");
}

TEST_CASE_FIXTURE(Containers, "limits: a block device's rate") {
  NEEDS("io");
  std::string device;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block"))
    if (std::filesystem::exists("/dev" / entry.path().filename()) && device.empty() &&
        !entry.path().filename().string().starts_with("loop"))
      device = "/dev" / entry.path().filename();
  SKIP_IF(device.empty(), "no block device");
  cl::Container container = start(
      {"sleep", "60"}, {.limits = {.io = {{.device = device, .write_bytes_per_second = 1_MiB}}}});
  CHECK(contains(control(found, container, "io.max", "blkio.throttle.write_bps_device"),
                 found.version == "v2" ? "wbps=1048576" : "1048576"));
}

TEST_CASE_FIXTURE(Containers, "limits: one that cannot be applied is an error with the reason") {
  struct Case {
    std::string controller;
    cl::Limits limits;
  };
  const Case cases[] = {{"memory", {.memory = 64_MiB}},
                        {"cpu", {.cpus = 0.5}},
                        {"cpuset", {.cpuset_cpus = "0"}},
                        {"pids", {.pids = 10}}};
  int tried = 0;
  for (const Case& c : cases) {
    if (no_controller(runtime(), c.controller).empty()) continue;
    ++tried;
    const auto error = error_of([&] { run({"true"}, {.limits = c.limits}); });
    REQUIRE_MESSAGE(error, c.controller);
    CHECK(error->code() == cl::Errc::unsupported);
    CHECK_MESSAGE(contains(error->what(), c.controller), std::string(error->what()));
    CHECK_FALSE(error->hint().empty());
  }
  CHECK(run({"true"}).status.success());  // the default pids limit is no demand
  SKIP_IF(tried == 0, "every controller can be used here");
}

TEST_CASE_FIXTURE(Containers, "limits: wrong values name the field") {
  struct Case {
    std::string field;
    cl::Limits limits;
  };
  const Case cases[] = {{"cpus", {.cpus = 0.0}},
                        {"cpus", {.cpus = -1.0}},
                        {"cpus", {.cpus = 100000.0}},
                        {"cpu_weight", {.cpu_weight = 0}},
                        {"cpu_weight", {.cpu_weight = 10001}},
                        {"cpuset_cpus", {.cpuset_cpus = "zero"}},
                        {"cpuset_cpus", {.cpuset_cpus = "1-0"}},
                        {"memory", {.memory = 1_KiB}},
                        {"memory_swap", {.memory = 64_MiB, .memory_swap = 32_MiB}},
                        {"io", {.io = {{.device = "/dev/null", .read_bytes_per_second = 1_MiB}}}}};
  for (const Case& c : cases) {
    const auto error = error_of([&] { run({"true"}, {.limits = c.limits}); });
    CHECK_MESSAGE(error, c.field);
    if (!error) continue;
    CHECK_MESSAGE(error->code() == cl::Errc::invalid_option, std::string(error->what()));
    CHECK_MESSAGE(contains(error->subject(), c.field), std::string(error->what()));
  }
}

TEST_CASE_FIXTURE(Containers, "limits: a missing block device is named") {
  const auto error = error_of([&] {
    run({"true"}, {.limits = {.io = {{.device = "/nosuch", .read_bytes_per_second = 1_MiB}}}});
  });
  REQUIRE(error);
  CHECK(error->code() == std::errc::no_such_file_or_directory);
  CHECK(error->subject() == "/nosuch");
}

TEST_CASE_FIXTURE(Containers, "limits: info tells about each controller, and why not") {
  const cl::HostInfo info = runtime().info();
  CHECK_FALSE(info.kernel.empty());
  CHECK_FALSE(info.cgroup_layout.empty());
  for (const std::string name : {"memory", "cpu", "cpuset", "pids", "io"}) {
    bool known = false;
    for (const cl::HostInfo::Controller& c : info.controllers)
      if (c.name == name) {
        known = true;
        CHECK_MESSAGE(c.version.empty() != c.reason.empty(), name);
        if (!c.version.empty()) CHECK_MESSAGE(!c.path.empty(), name);
      }
    CHECK_MESSAGE(known, name);
  }
}

TEST_SUITE_END();
