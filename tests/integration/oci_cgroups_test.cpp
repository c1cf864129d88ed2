// linux.cgroupsPath and linux.resources: what a container's groups are, seen from outside and from
// inside. Run also in a guest with cgroup v2.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "integration/bundle.hpp"
#include "support/skip.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

const fs::path top = "/sys/fs/cgroup";

bool is_v2() { return fs::exists(top / "cgroup.controllers"); }

/// The v1 hierarchy of a controller, or v2's; empty: none here.
fs::path hierarchy(const std::string& controller) {
  const std::string v1 = controller == "io" ? "blkio" : controller;
  if (!is_v2() && fs::exists(top / v1 / "cgroup.procs")) return top / v1;
  const fs::path v2 = is_v2() ? top : top / "unified";
  const std::string list = " " + read_file(v2 / "cgroup.controllers");
  const bool there =
      contains(list, " " + controller + " ") || contains(list, " " + controller + "\n");
  return there ? v2 : fs::path();
}

bool on_v1(const std::string& controller) {
  return !is_v2() && hierarchy(controller) != top / "unified";
}

std::string text_of(const fs::path& file) {
  std::string text = fs::exists(file) ? read_file(file) : "(none)";
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// A container with a path of its own, created and not started; removed at the end.
class Groups {
 public:
  Groups() : path("/oci-test-" + std::to_string(::getpid()) + "/a/b"), id("oci-cgroups") {}
  ~Groups() {
    bundle.runtime({"delete", "--force", id});
    for (const char* controller : {"memory", "cpu", "cpuset", "pids", "io", "hugetlb", "devices",
                                   "freezer", "cpuacct", "unified"})
      for (fs::path dir = path; dir != "/"; dir = dir.parent_path())
        for (const fs::path& root : {top / controller, top, hierarchy(controller)})
          ::rmdir((root.string() + dir.string()).c_str());
  }
  BundleConfig config(const std::string& resources, const std::string& script = "sleep 60") const {
    BundleConfig out;
    out.script = script;
    out.linux_members = R"(, "cgroupsPath": ")" + path + R"(", "resources": )" + resources;
    return out;
  }
  CommandResult create(const std::string& resources) const {
    bundle.configure(config(resources));
    return create_as(id);
  }
  /// The container would hold pipes open.
  CommandResult create_as(const std::string& name) const {
    const fs::path told = bundle.dir() / "told";
    CommandResult out =
        command({"sh", "-c", R"("$@" >"$0" 2>&1)", told, CONTAINERLIB_RUNTIME, "--root",
                 bundle.dir() / "state", "create", "--bundle", bundle.dir(), name});
    out.err = read_file(told);
    return out;
  }
  std::string file(const std::string& controller, const std::string& name) const {
    return text_of(hierarchy(controller).string() + path + "/" + name);
  }

  Bundle bundle;
  std::string path, id;
};

struct Field {
  std::string resources, controller;
  std::string v2, v2_value;  ///< empty: it is refused there
  std::string v1, v1_value;
  std::string field;  ///< as an error names it
};

const Field fields[] = {
    {R"({"memory": {"limit": 67108864}})", "memory", "memory.max", "67108864",
     "memory.limit_in_bytes", "67108864", "memory.limit"},
    {R"({"memory": {"limit": 67108864, "swap": 100663296}})", "memory", "memory.swap.max",
     "33554432", "memory.memsw.limit_in_bytes", "100663296", "memory.limit"},
    {R"({"memory": {"limit": -1, "swap": -1}})", "memory", "memory.max", "max",
     "memory.limit_in_bytes", "9223372036854771712", "memory.limit"},
    {R"({"memory": {"reservation": 33554432}})", "memory", "memory.low", "33554432",
     "memory.soft_limit_in_bytes", "33554432", "memory.reservation"},
    {R"({"memory": {"kernelTCP": 1048576}})", "memory", "", "", "memory.kmem.tcp.limit_in_bytes",
     "1048576", "memory.kernelTCP"},
    {R"({"memory": {"swappiness": 7}})", "memory", "", "", "memory.swappiness", "7",
     "memory.swappiness"},
    {R"({"memory": {"disableOOMKiller": true}})", "memory", "", "", "memory.oom_control",
     "oom_kill_disable 1\nunder_oom 0\noom_kill 0", "memory.disableOOMKiller"},
    {R"({"memory": {"useHierarchy": true, "checkBeforeUpdate": true, "limit": 67108864}})",
     "memory", "memory.max", "67108864", "memory.use_hierarchy", "1", "memory.limit"},
    {R"({"cpu": {"shares": 512}})", "cpu", "cpu.weight", "59", "cpu.shares", "512", "cpu.shares"},
    {R"({"cpu": {"quota": 20000, "period": 50000}})", "cpu", "cpu.max", "20000 50000",
     "cpu.cfs_quota_us", "20000", "cpu.quota"},
    {R"({"cpu": {"period": 50000}})", "cpu", "cpu.max", "max 50000", "cpu.cfs_period_us", "50000",
     "cpu.period"},
    {R"({"cpu": {"quota": 20000, "burst": 10000}})", "cpu", "cpu.max.burst", "10000",
     "cpu.cfs_burst_us", "10000", "cpu.quota"},
    {R"({"cpu": {"idle": 1}})", "cpu", "cpu.idle", "1", "cpu.idle", "1", "cpu.idle"},
    {R"({"cpu": {"realtimePeriod": 900000}})", "cpu", "", "", "cpu.rt_period_us", "900000",
     "cpu.realtimePeriod"},
    {R"({"cpu": {"cpus": "0", "mems": "0"}})", "cpuset", "cpuset.cpus", "0", "cpuset.mems", "0",
     "cpu.cpus"},
    {R"({"pids": {"limit": 17}})", "pids", "pids.max", "17", "pids.max", "17", "pids.limit"},
    {R"({"pids": {"limit": 0}})", "pids", "pids.max", "1", "pids.max", "1", "pids.limit"},
    {R"({"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]})", "hugetlb", "hugetlb.2MB.max",
     "4194304", "hugetlb.2MB.limit_in_bytes", "4194304", "hugepageLimits[2MB]"},
    {R"({"network": {"classID": 1048577}})", "net_cls", "", "", "net_cls.classid", "1048577",
     "network.classID"},
    {R"({"network": {"priorities": [{"name": "lo", "priority": 5}]}})", "net_prio", "", "",
     "net_prio.ifpriomap", "lo 5", "network.priorities"},
    {R"({"unified": {"memory.high": "50331648"}})", "memory", "memory.high", "50331648", "", "",
     "unified[memory.high]"},
    {R"({"unified": {"hugetlb.2MB.max": "2097152"}})", "hugetlb", "hugetlb.2MB.max", "2097152", "",
     "", "unified[hugetlb.2MB.max]"},
    {R"({"unified": {"cgroup.procs": "0"}})", "memory", "", "", "", "", "unified[cgroup.procs]"},
    {R"({"unified": {"nosuch.max": "0"}})", "nosuch", "", "", "", "", "unified[nosuch.max]"}};

}  // namespace

TEST_SUITE_BEGIN("cgroup");

TEST_CASE("cgroups: each field is in the group's file, or its name in the error") {
  SKIP_IF(::geteuid() != 0, "needs root: the whole hierarchy");
  for (const Field& f : fields) {
    CAPTURE(f.resources);
    const Groups groups;
    const CommandResult result = groups.create(f.resources);
    const std::string& file = on_v1(f.controller) ? f.v1 : f.v2;
    if (hierarchy(f.controller).empty() || file.empty()) {
      CHECK(result.code != 0);
      // A controller that facts do not know is enabled by its name.
      const std::string named = f.controller == "nosuch" ? "nosuch" : "linux.resources." + f.field;
      CHECK_MESSAGE(contains(result.err, named), result.err);
      CHECK(groups.file("memory", "cgroup.procs") == "(none)");  // nothing is left of it
      continue;
    }
    CHECK_MESSAGE(result.code == 0, result.err);
    CHECK(groups.file(f.controller, file) == (on_v1(f.controller) ? f.v1_value : f.v2_value));
  }
}

TEST_CASE("cgroups: the kernel's refusal names the field and the file") {
  SKIP_IF(::geteuid() != 0, "needs root: the whole hierarchy");
  SKIP_IF(hierarchy("cpu").empty(), "no cpu controller");
  const Groups groups;
  const CommandResult result = groups.create(R"({"cpu": {"cpus": "4000"}})");
  CHECK(result.code != 0);
  CHECK_MESSAGE(contains(result.err, "linux.resources.cpu.cpus"), result.err);
  CHECK_MESSAGE(contains(result.err, groups.path + "/cpuset.cpus"), result.err);
  CHECK(groups.file("cpu", "cgroup.procs") == "(none)");
}

TEST_CASE("cgroups: a group is made where cgroupsPath says, and removed; those above it stay") {
  SKIP_IF(::geteuid() != 0, "needs root: the whole hierarchy");
  SKIP_IF(hierarchy("memory").empty(), "no memory controller");
  const Groups groups;
  REQUIRE(groups.create("{}").code == 0);
  const std::string pid = groups.file("memory", "cgroup.procs");
  CHECK_FALSE(pid.empty());
  CHECK(contains(read_file("/proc/" + pid + "/cgroup"), groups.path));
  REQUIRE(groups.bundle.runtime({"delete", "--force", groups.id}).code == 0);
  CHECK(groups.file("memory", "cgroup.procs") == "(none)");
  CHECK(groups.file("memory", "../cgroup.procs") == "(none)");  // by way of what is gone
  CHECK(fs::exists(hierarchy("memory").string() + fs::path(groups.path).parent_path().string()));
}

TEST_CASE("cgroups: a group that others are in is not used") {
  SKIP_IF(::geteuid() != 0, "needs root: the whole hierarchy");
  SKIP_IF(hierarchy("memory").empty(), "no memory controller");
  const Groups groups;
  REQUIRE(groups.create("{}").code == 0);
  const std::string pid = groups.file("memory", "cgroup.procs");
  const CommandResult second = groups.create_as("second");
  CHECK(second.code != 0);
  CHECK_MESSAGE(contains(second.err, "cgroup"), second.err);
  CHECK(::kill(std::stoi(pid), 0) == 0);  // and nobody is harmed
}

TEST_CASE("cgroups: devices that no rule allows cannot be opened") {
  SKIP_IF(::geteuid() != 0, "needs root: devices");
  struct Case {
    std::string rules, script, out;
  };
  const std::string open =
      R"(mknod /tmp/kmsg c 1 11 && (: </tmp/kmsg) 2>/dev/null && echo yes || echo no)";
  const std::string write =
      R"(mknod /tmp/kmsg c 1 11 && (: >/tmp/kmsg) 2>/dev/null && echo yes || echo no)";
  const std::string deny = R"({"allow": false, "access": "rwm"})";
  const Case cases[] = {
      {"", open, "no\n"},
      {deny, open, "no\n"},
      {deny, "echo yes >/dev/null && echo ok", "ok\n"},
      {R"({"allow": true, "access": "rwm"})", open, "yes\n"},
      {deny + R"(, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"})", open,
       "yes\n"},
      {deny + R"(, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"})", write,
       "no\n"},
      {R"({"allow": true, "access": "rwm"}, {"allow": false, "type": "c", "major": 1, "minor": 11})",
       open, "no\n"}};
  SKIP_IF(!fs::exists("/dev/kmsg"), "no /dev/kmsg");
  const Groups groups;
  for (const Case& c : cases) {
    CAPTURE(c.rules);
    BundleConfig config = groups.config(R"({"devices": [)" + c.rules + "]}", c.script);
    config.capabilities = R"({"bounding": ["CAP_MKNOD", "CAP_DAC_OVERRIDE", "CAP_SYSLOG"],)"
                          R"( "effective": ["CAP_MKNOD", "CAP_DAC_OVERRIDE", "CAP_SYSLOG"],)"
                          R"( "permitted": ["CAP_MKNOD", "CAP_DAC_OVERRIDE", "CAP_SYSLOG"]})";
    config.mounts = {mount_json("/tmp", "tmpfs", "tmpfs", {"mode=755"})};
    const CommandResult result = groups.bundle.run(config);
    CHECK_MESSAGE(result.out == c.out, result.err);
  }
}

TEST_CASE("cgroups: limits of a container that runs are changed") {
  SKIP_IF(::geteuid() != 0, "needs root: the whole hierarchy");
  SKIP_IF(hierarchy("cpu").empty() || hierarchy("memory").empty(), "no controllers");
  const Groups groups;
  REQUIRE(groups.create(R"({"memory": {"limit": 67108864, "swap": 67108864}})").code == 0);
  const CommandResult result =
      groups.bundle.runtime({"update", "--memory", "134217728", "--memory-swap", "134217728",
                             "--cpu-quota", "30000", "--pids-limit", "9", groups.id});
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(groups.file("memory", on_v1("memory") ? "memory.limit_in_bytes" : "memory.max") ==
        "134217728");
  CHECK(groups.file("cpu", on_v1("cpu") ? "cpu.cfs_quota_us" : "cpu.max") ==
        (on_v1("cpu") ? "30000" : "30000 100000"));
  CHECK(groups.file("pids", "pids.max") == "9");
  CHECK_FALSE(groups.file("cpu", "cgroup.procs").empty());  // it was put there for the limit
  const CommandResult refused = groups.bundle.runtime({"update", "--cpu-quota", "1", groups.id});
  CHECK(refused.code != 0);
  CHECK_MESSAGE(contains(refused.err, "linux.resources.cpu.quota"), refused.err);
}

TEST_CASE("cgroups: without a manager there is no group, and no limit") {
  const Bundle bundle;
  BundleConfig config;
  config.script = "echo ok";
  config.linux_members = R"(, "resources": {"devices": [{"allow": false}]})";
  bundle.configure(config);
  const auto run = [&] {
    return bundle.runtime(
        {"--cgroup-manager", "disabled", "run", "--bundle", bundle.dir(), "free"});
  };
  CHECK(run().out == "ok\n");
  config.linux_members = R"(, "resources": {"pids": {"limit": 5}})";
  bundle.configure(config);
  const CommandResult limited = run();
  CHECK(limited.code != 0);
  CHECK_MESSAGE(contains(limited.err, "linux.resources.pids.limit"), limited.err);
  CHECK_MESSAGE(contains(limited.err, "disabled"), limited.err);
}

TEST_CASE("cgroups: systemd that does not run is named") {
  SKIP_IF(fs::exists("/run/systemd/system"), "systemd runs");
  const Bundle bundle;
  bundle.configure({.script = "true"});
  const CommandResult result =
      bundle.runtime({"--systemd-cgroup", "run", "--bundle", bundle.dir(), "unit"});
  CHECK(result.code != 0);
  CHECK_MESSAGE(contains(result.err, "systemd is not running"), result.err);
}

TEST_SUITE_END();
