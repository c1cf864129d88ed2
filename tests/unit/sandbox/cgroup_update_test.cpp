#include "sandbox/compile/cgroup_update.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <containerlib/error.hpp>

#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"
#include "support/skip.hpp"

using namespace containerlib;

// In groups of our own on this machine.
namespace {

/// A container's groups as compile() makes them, with one process in them.
struct Running {
  Running() {
    facts.cgroups = sys::find_cgroups();
    facts.rootless = ::geteuid() != 0;
    spec.id = "unit";
    spec.cgroups_path = "/unit-update-" + std::to_string(::getpid());
    if (facts.rootless || facts.cgroups.controllers.empty()) return;
    dirs = sandbox::cgroup_dirs(spec, facts);
    pid = ::fork();
    if (pid == 0)
      for (;;) {  // memory is counted for the group in which it is touched first
        const std::vector<char> some(1 << 20, 'x');
        ::usleep(10000);
      }
    for (const std::string& dir : all()) {
      REQUIRE(::mkdir(dir.c_str(), 0755) == 0);
      REQUIRE(sys::write_control(dir + "/cgroup.procs", std::to_string(pid)) == 0);
    }
  }
  ~Running() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    sys::remove_cgroup(dirs, std::chrono::seconds(5));
  }
  std::vector<std::string> all() const {
    std::vector<std::string> out;
    if (!dirs.unified.empty()) out.push_back(dirs.unified);
    for (const auto& [name, dir] : dirs.v1) out.push_back(dir);
    return out;
  }
  int version(const char* name) const {
    const sys::Controller* c = facts.cgroups.find(name);
    return pid > 0 && c ? c->version : 0;
  }
  std::string value(const char* controller, const char* v2, const char* v1) const {
    const bool old = version(controller) == 1;
    std::string text =
        sys::read_host_file((old ? dirs.v1.at(controller) : dirs.unified) + "/" + (old ? v1 : v2))
            .value_or("(none)");
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  void update(const oci::Resources& resources) {
    spec.resources = resources;
    dirs = sandbox::update_cgroup(spec, dirs, facts);
  }
  std::string refused(const oci::Resources& resources) {
    try {
      update(resources);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  sys::HostFacts facts;
  oci::RuntimeSpec spec;
  sys::CgroupDirs dirs;
  pid_t pid = 0;
};

oci::Resources memory(std::int64_t limit, std::optional<std::int64_t> swap = {}) {
  oci::Resources r;
  r.memory.limit = limit;
  r.memory.swap = swap;
  return r;
}

constexpr std::int64_t mib = 1 << 20;

}  // namespace

TEST_CASE("memory and swap go up and down together") {
  Running running;
  SKIP_IF(running.version("memory") == 0, "no memory controller");
  for (const std::int64_t size : {64 * mib, 32 * mib, 128 * mib, std::int64_t{-1}, 64 * mib}) {
    running.update(memory(size, size));
    const std::string limit = running.value("memory", "memory.max", "memory.memsw.limit_in_bytes");
    if (size > 0) CHECK(limit == std::to_string(size));
  }
  running.update(memory(-1));  // the limit of swap goes with it
}

TEST_CASE("a limit whose hierarchy the container is not in takes all of its processes there") {
  Running running;
  SKIP_IF(running.version("cpu") == 0, "no cpu controller");
  oci::Resources r;
  r.cpu.quota = 50000;
  running.update(r);
  if (running.version("cpu") == 1) {
    CHECK(running.value("cpu", "", "cgroup.procs") == std::to_string(running.pid));
    CHECK(running.value("cpu", "", "cpu.cfs_quota_us") == "50000");
  } else {
    CHECK(running.value("cpu", "cpu.max", "") == "50000 100000");
  }
  r.cpu.quota.reset();
  r.cpu.period = 200000;  // the quota stays
  running.update(r);
  if (running.version("cpu") == 2) CHECK(running.value("cpu", "cpu.max", "") == "50000 200000");
}

TEST_CASE("CPUs of a container that is in no cpuset yet") {
  Running running;
  SKIP_IF(running.version("cpuset") == 0, "no cpuset controller");
  oci::Resources r;
  r.cpu.cpus = "0";
  running.update(r);
  CHECK(running.value("cpuset", "cpuset.cpus", "cpuset.cpus") == "0");
  const std::string status =
      sys::read_host_file("/proc/" + std::to_string(running.pid) + "/status").value_or("");
  CHECK(status.find("Cpus_allowed_list:\t0\n") != std::string::npos);
}

TEST_CASE("the kernel's refusal names the field") {
  Running running;
  SKIP_IF(running.version("cpu") == 0, "no cpu controller");
  oci::Resources r;
  r.cpu.quota = 1;  // the least is 1 ms
  CHECK(running.refused(r).starts_with("apply linux.resources.cpu.quota to /sys/fs/cgroup/"));
}

TEST_CASE("a limit below what is in use is refused when that was asked for") {
  Running running;
  SKIP_IF(running.version("memory") != 2, "no memory controller of v2");
  oci::Resources r = memory(4096);
  r.memory.check_before_update = true;
  for (int i = 0; i < 200 && running.value("memory", "memory.current", "").size() < 6; ++i)
    ::usleep(10000);
  CHECK(running.refused(r).find("linux.resources.memory.limit") != std::string::npos);
}

TEST_CASE("processes and devices of a running container") {
  Running running;
  SKIP_IF(running.version("pids") == 0, "no pids controller");
  oci::Resources r;
  r.pids_limit = 7;
  running.update(r);
  CHECK(running.value("pids", "pids.max", "pids.max") == "7");
  SKIP_IF(running.version("devices") != 1, "no devices controller of v1");
  r.devices.emplace_back();
  running.update(r);
  CHECK(running.value("devices", "", "devices.list").starts_with("c *:* m\nb *:* m\nc 1:3 rwm\n"));
}
