#include "linux/cgroup.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"
#include "support/skip.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;
using namespace std::chrono_literals;

namespace {

/// The base of v2's groups, with what controllers it can hand on.
void enable_all(const CgroupFacts& facts) {
  ::mkdir(facts.unified.c_str(), 0755);
  for (const std::string& group :
       {facts.unified.substr(0, facts.unified.rfind('/')), facts.unified})
    for (const Controller& controller : facts.controllers)
      if (controller.version == 2)
        write_control(group + "/cgroup.subtree_control", '+' + controller.name);
}

/// A group of its own in every hierarchy that this process may use; `dirs` is empty where it may
/// use none.
class RealGroup {
 public:
  explicit RealGroup(const CgroupFacts& facts) {
    const std::string name = "/unit-test-" + std::to_string(::getpid());
    if (!facts.unified.empty()) enable_all(facts);
    if (!facts.unified.empty()) dirs.unified = make(facts.unified + name);
    for (const Controller& controller : facts.controllers)
      if (controller.version == 1) dirs.v1[controller.name] = make(controller.base + name);
    // A cpuset without CPUs takes no process; the others show as much.
    dirs.v1.erase("cpuset");
  }
  ~RealGroup() {
    kill_cgroup(dirs, 5s);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    remove_cgroup(dirs, 5s);
    for (const std::string& path : made_) {
      ::rmdir(path.c_str());
      ::rmdir(base_of(path).c_str());
    }
  }
  bool usable() const { return !dirs.unified.empty() || !dirs.v1.empty(); }

  /// A child in the group that runs `work` and then sleeps.
  template <class Work>
  pid_t start(Work&& work) const {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      const std::string self = std::to_string(::getpid());
      bool joined =
          dirs.unified.empty() || write_control(dirs.unified + "/cgroup.procs", self) == 0;
      for (const auto& [controller, directory] : dirs.v1)
        joined = joined && write_control(directory + "/cgroup.procs", self) == 0;
      if (joined && ::write(ready[1], "x", 1) == 1) work();
      for (;;) ::pause();
    }
    char byte = 0;
    ::close(ready[1]);
    const bool joined = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    REQUIRE(joined);
    return pid;
  }

  CgroupDirs dirs;

 private:
  static std::string base_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  std::string make(const std::string& path) {
    ::mkdir(base_of(path).c_str(), 0755);
    REQUIRE(::mkdir(path.c_str(), 0755) == 0);
    made_.push_back(path);
    return path;
  }
  std::vector<std::string> made_;
};

char state_of(pid_t pid) {
  const std::string stat = read_host_file("/proc/" + std::to_string(pid) + "/stat").value_or(") -");
  return stat[stat.rfind(')') + 2];
}

/// CPU time of a process, in ticks.
std::uint64_t ticks_of(pid_t pid) {
  const std::string stat = read_host_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  return parse_number(words(std::string_view(stat).substr(stat.rfind(')') + 1)).at(11)).value_or(0);
}

[[noreturn]] void spin() {
  for (std::atomic<unsigned> n = 0;;) ++n;
}

}  // namespace

TEST_CASE("statistics of v2") {
  const TemporaryDirectory group;
  group.write("memory.current", "1048576\n");
  group.write("memory.peak", "2097152\n");
  group.write("memory.max", "max\n");
  group.write("memory.events", "low 0\noom 2\noom_kill 3\n");
  group.write("cpu.stat", "usage_usec 1234\nuser_usec 1000\n");
  group.write("pids.current", "5\n");
  group.write("pids.max", "32\n");
  group.write("io.stat",
              "8:0 rbytes=100 wbytes=7 rios=1\n8:16 \n8:32 rbytes=11 wbytes=1 dbytes=9\n");
  const CgroupStats stats = cgroup_stats({.unified = group.path(), .v1 = {}});
  CHECK(stats.memory == 1048576);
  CHECK(stats.memory_peak == 2097152);
  CHECK(stats.memory_limit == std::nullopt);
  CHECK(stats.cpu_microseconds == 1234);
  CHECK(stats.pids == 5);
  CHECK(stats.pids_limit == 32);
  CHECK(stats.read_bytes == 111);
  CHECK(stats.written_bytes == 8);
  CHECK(stats.oom_kills == 3);
}

TEST_CASE("statistics of v1 over those of v2") {
  const TemporaryDirectory group;
  group.write("u/cpu.stat", "usage_usec 1\n");
  group.write("m/memory.usage_in_bytes", "10\n");
  group.write("m/memory.max_usage_in_bytes", "20\n");
  group.write("m/memory.limit_in_bytes", "67108864\n");
  group.write("m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  group.write("a/cpuacct.usage", "5000999\n");
  group.write("p/pids.current", "1\n");
  group.write("p/pids.max", "max\n");
  group.write("b/blkio.throttle.io_service_bytes_recursive",
              "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\n8:16 Read 1\nTotal 12\n");
  const CgroupDirs dirs = {.unified = group.path("u"),
                           .v1 = {{"memory", group.path("m")},
                                  {"cpuacct", group.path("a")},
                                  {"pids", group.path("p")},
                                  {"io", group.path("b")}}};
  CgroupStats stats = cgroup_stats(dirs);
  CHECK(stats.memory == 10);
  CHECK(stats.memory_peak == 20);
  CHECK(stats.memory_limit == 67108864);
  CHECK(stats.oom_kills == 1);
  CHECK(stats.cpu_microseconds == 5000);
  CHECK(stats.pids == 1);
  CHECK(stats.pids_limit == std::nullopt);
  CHECK(stats.read_bytes == 6);
  CHECK(stats.written_bytes == 6);
  group.write("m/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(cgroup_stats(dirs).memory_limit == std::nullopt);
}

TEST_CASE("a group that is gone has no statistics, no processes, and is removed") {
  const CgroupDirs gone = {.unified = "/sys/fs/cgroup/none/x", .v1 = {{"memory", "/none/y"}}};
  const CgroupStats stats = cgroup_stats(gone);
  CHECK(stats.memory == std::nullopt);
  CHECK(stats.cpu_microseconds == std::nullopt);
  CHECK(cgroup_processes(gone).empty());
  kill_cgroup(gone, 100ms);
  remove_cgroup(gone, 100ms);
  thaw_cgroup(gone);
}

TEST_CASE("base directories go when they are empty") {
  const TemporaryDirectory hierarchy;
  hierarchy.make_directory("containerlib/a");
  const CgroupDirs one = {.unified = {}, .v1 = {{"cpu", hierarchy.path("containerlib/b")}}};
  remove_empty_bases(one);
  CHECK(::access(hierarchy.path("containerlib/a").c_str(), F_OK) == 0);
  REQUIRE(::rmdir(hierarchy.path("containerlib/a").c_str()) == 0);
  remove_empty_bases(one);
  CHECK(::access(hierarchy.path("containerlib").c_str(), F_OK) != 0);
  remove_empty_bases(one);
}

TEST_CASE("freezing without a freezer is unsupported") {
  CHECK_THROWS_AS(freeze_cgroup({.unified = {}, .v1 = {{"memory", "/none"}}}, 10ms), Error);
}

namespace {

void check_life(const CgroupFacts& facts) {
  RealGroup group(facts);
  const pid_t pid = group.start(spin);
  CHECK(cgroup_processes(group.dirs) == std::vector<pid_t>{pid});

  freeze_cgroup(group.dirs, 5s);
  const std::uint64_t frozen = ticks_of(pid);
  ::usleep(100000);
  CHECK(ticks_of(pid) == frozen);
  thaw_cgroup(group.dirs);
  for (int i = 0; i < 500 && ticks_of(pid) == frozen; ++i) ::usleep(10000);
  CHECK(ticks_of(pid) > frozen);
  CHECK(cgroup_stats(group.dirs).cpu_microseconds.value_or(0) > 0);

  freeze_cgroup(group.dirs, 5s);  // killed while frozen
  kill_cgroup(group.dirs, 5s);
  CHECK(cgroup_processes(group.dirs).empty());
  CHECK((state_of(pid) == 'Z' || state_of(pid) == 'X'));
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}

void check_fork_storm(const CgroupFacts& facts) {
  RealGroup group(facts);
  group.start([] {
    ::signal(SIGCHLD, SIG_IGN);
    for (;;) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::usleep(2000);
        ::_exit(0);
      }
      ::usleep(200);
    }
  });
  ::usleep(50000);
  kill_cgroup(group.dirs, 10s);
  CHECK(cgroup_processes(group.dirs).empty());
}

void check_removal(const CgroupFacts& facts) {
  RealGroup group(facts);
  const std::string top =
      group.dirs.unified.empty() ? group.dirs.v1.begin()->second : group.dirs.unified;
  REQUIRE(::mkdir((top + "/a").c_str(), 0755) == 0);
  REQUIRE(::mkdir((top + "/a/b").c_str(), 0755) == 0);
  group.start([] {});
  CHECK_THROWS_AS(remove_cgroup(group.dirs, 30ms), Error);
  CHECK(::access(top.c_str(), F_OK) == 0);
  kill_cgroup(group.dirs, 5s);
  remove_cgroup(group.dirs, 5s);
  CHECK(::access(top.c_str(), F_OK) != 0);
}

/// The facts as on a host that has v1 only.
CgroupFacts without_v2() {
  CgroupFacts facts = find_cgroups();
  const CgroupFacts seen = facts;
  facts.unified.clear();
  std::erase_if(facts.controllers, [](const Controller& one) { return one.version != 1; });
  const std::string freezer = "/sys/fs/cgroup/freezer";
  const std::string cpuacct = "/sys/fs/cgroup/cpuacct";
  for (const auto& [name, point] : {std::pair{"freezer", freezer}, std::pair{"cpuacct", cpuacct}})
    if (!facts.find(name) && ::access((point + "/cgroup.procs").c_str(), W_OK) == 0)
      facts.controllers.push_back(
          {.name = name, .version = 1, .base = point + "/containerlib", .reason = {}});
  return facts;
}

bool has_place(const CgroupFacts& facts) {
  return !facts.unified.empty() ||
         std::any_of(facts.controllers.begin(), facts.controllers.end(),
                     [](const Controller& one) { return one.version == 1; });
}

}  // namespace

TEST_CASE("a real group: freeze, thaw, kill while frozen") {
  const CgroupFacts facts = find_cgroups();
  SKIP_IF(facts.unified.empty(), "no cgroup v2 here: " << facts.unified_reason);
  check_life(facts);
}

TEST_CASE("a real group: a process that forks all the time is killed") {
  const CgroupFacts facts = find_cgroups();
  SKIP_IF(!has_place(facts), "no cgroup here: " << facts.unified_reason);
  check_fork_storm(facts);
}

TEST_CASE("a real group is removed with those below, not before its processes have ended") {
  const CgroupFacts facts = find_cgroups();
  SKIP_IF(!has_place(facts), "no cgroup here: " << facts.unified_reason);
  check_removal(facts);
}

TEST_CASE("a real group of v1 only: freeze, thaw, kill while frozen, fork storm") {
  const CgroupFacts facts = without_v2();
  SKIP_IF(!facts.find("freezer"), "no v1 freezer here");
  check_life(facts);
  check_fork_storm(facts);
  check_removal(facts);
}

TEST_CASE("a controller that cannot be given to a group is named") {
  const CgroupFacts facts = find_cgroups();
  SKIP_IF(facts.unified.empty(), "no cgroup v2 here: " << facts.unified_reason);
  const RealGroup group(facts);
  try {
    give_controller(facts.unified, group.dirs.unified, "nosuch");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::unsupported);
    CHECK(error.subject() == "nosuch");
  }
}
