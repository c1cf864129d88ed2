// The process, the namespaces, the hooks and the small fields of linux, as a bundle's process sees
// them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <sstream>

#include "integration/bundle.hpp"
#include "integration/oci_fields.hpp"
#include "support/skip.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

bool is_root() { return ::geteuid() == 0; }

struct Case {
  const char* name;
  BundleConfig config;
  std::string out;  ///< standard output
};

BundleConfig process(const std::string& script, const std::string& members) {
  BundleConfig config;
  config.script = script;
  config.process_members = members;
  return config;
}

BundleConfig linux_part(const std::string& script, const std::string& members) {
  BundleConfig config;
  config.script = script;
  config.linux_members = members;
  return config;
}

std::string run_of(const Bundle& bundle, const BundleConfig& config) {
  const CommandResult result = bundle.run(config);
  INFO(result.err);
  CHECK(result.code == 0);
  return result.out;
}

void check_cases(const std::vector<Case>& cases) {
  const Bundle bundle;
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    CHECK(run_of(bundle, c.config) == c.out);
  }
}

/// With what separates it from the members before it.
std::string further(const std::string& members) { return members.empty() ? "" : ", " + members; }

/// A process in new namespaces, which tests can join.
class Holder {
 public:
  explicit Holder(const std::string& options)
      : process_({"sh", "-c", "exec unshare --kill-child " + options + " sleep 1000"}) {}
  /// Of the process itself, or its child behind --fork.
  std::string path(const std::string& name) const {
    const std::string pid = std::to_string(process_.pid());
    std::string children = pid;
    eventually([&] {
      children = read_file("/proc/" + pid + "/task/" + pid + "/children");
      return !children.empty();
    });
    children = children.substr(0, children.find(' '));
    const std::string out = "/proc/" + children + "/ns/" + name;
    eventually([&] { return fs::read_symlink(out) != fs::read_symlink("/proc/self/ns/" + name); });
    return out;
  }

 private:
  Background process_;
};

/// A hook that appends its kind and its input to a file.
std::string hook(const std::string& kind, const fs::path& log) {
  return R"(")" + kind + R"(": [{"path": "/bin/sh", "args": ["sh", "-c", "echo )" + kind +
         R"( $PWD $A `cat` >> )" + log.string() + R"("], "env": ["A=b", "PATH=/usr/bin:/bin"]}])";
}

}  // namespace

TEST_CASE("a bundle's process has its user, limits and scheduling") {
  std::vector<Case> cases = {
      {"umask", {.script = "umask", .user = R"({"uid": 0, "gid": 0, "umask": 63})"}, "0077\n"}};
  for (const FieldCase& c : field_cases()) {
    BundleConfig config;
    config.script = c.script;
    config.process_members = further(c.process);
    config.linux_members = further(c.section);
    config.members = further(c.members);
    config.namespaces.insert(config.namespaces.end(), c.namespaces.begin(), c.namespaces.end());
    cases.push_back({c.name, config, c.out});
  }
  if (is_root()) {
    cases.push_back(
        {"user",
         {.script = "id", .user = R"({"uid": 1000, "gid": 1001, "additionalGids": [5, 7]})"},
         "uid=1000(app) gid=1001 groups=5,7\n"});
    cases.push_back(
        {"SCHED_FIFO",
         process(scheduling, R"(, "scheduler": {"policy": "SCHED_FIFO", "priority": 10})"),
         "0 1 10\n"});
  }
  check_cases(cases);
}

TEST_CASE("capabilities of a bundle's process, in all five sets") {
  const Bundle bundle;
  BundleConfig config;
  config.script = "grep ^Cap /proc/self/status";
  config.capabilities =
      R"({"bounding": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_CHOWN"],)"
      R"( "effective": ["CAP_CHOWN"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]})";
  config.user = is_root() ? R"({"uid": 1000, "gid": 1000})" : R"({"uid": 0, "gid": 0})";
  const std::string caps = run_of(bundle, config);
  CHECK(contains(caps, "CapInh:\t0000000000000020"));
  CHECK(contains(caps, "CapBnd:\t0000000000000021"));
  CHECK(contains(caps, "CapAmb:\t0000000000000020"));
  // Executing as another than root leaves the ambient ones only (capabilities(7)).
  if (is_root()) CHECK(contains(caps, "CapPrm:\t0000000000000020"));
}

TEST_CASE("what cannot be is refused by its field, and nothing is run") {
  const Bundle bundle;
  struct Refused {
    BundleConfig config;
    const char* part;
  };
  const Refused cases[] = {
      {linux_part("echo ran", R"(, "sysctl": {"kernel.panic": "1"})"),
       "linux.sysctl[kernel.panic]"},
      {linux_part("echo ran", R"(, "sysctl": {"net.ipv4.nonsense": "1"})"),
       "linux.sysctl[net.ipv4.nonsense]"},
      {linux_part("echo ran", R"(, "timeOffsets": {"boottime": {"secs": 1}})"),
       "linux.timeOffsets"},
      {linux_part("echo ran", R"(, "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "1000"})"),
       "linux.memoryPolicy"},
      {process("echo ran", R"(, "scheduler": {"policy": "SCHED_ISO"})"), "process.scheduler"},
      {{.script = "echo ran", .namespaces = {"mount", "pid", "ipc=/proc/self/ns/net"}},
       "linux.namespaces[2].path"},
      {{.script = "echo ran", .namespaces = {"pid", "mount=/proc/self/ns/mnt"}},
       "linux.namespaces[1].path"},
      {{.script = "echo ran", .namespaces = {"pid"}}, "linux.namespaces"},
      {{.script = "echo ran", .members = R"(, "hooks": {"prestart": [{"path": "/nono"}]})"},
       "hooks.prestart[0] /nono"},
  };
  for (const Refused& c : cases) {
    CAPTURE(std::string(c.part));
    const CommandResult result = bundle.run(c.config);
    CHECK(result.code != 0);
    CHECK(contains(result.err, c.part));
    CHECK(result.out.empty());
  }
}

TEST_CASE("a bundle joins namespaces by path" * doctest::test_suite("cgroup")) {
  SKIP_IF(!is_root(), "the namespaces are root's");
  const Holder holder("--mount --net --ipc --uts --pid --fork --cgroup --time");
  const Bundle bundle;
  for (const auto& kind : std::vector<std::pair<std::string, std::string>>{{"network", "net"},
                                                                           {"ipc", "ipc"},
                                                                           {"uts", "uts"},
                                                                           {"pid", "pid"},
                                                                           {"cgroup", "cgroup"},
                                                                           {"time", "time"},
                                                                           {"mount", "mnt"}}) {
    const auto& type = kind.first;
    const auto& name = kind.second;
    CAPTURE(type);
    BundleConfig config;
    config.script = "readlink /proc/self/ns/" + name;
    std::erase(config.namespaces, type);
    config.namespaces.push_back(type + "=" + holder.path(name));
    CHECK(run_of(bundle, config) == fs::read_symlink(holder.path(name)).string() + "\n");
  }
}

TEST_CASE("a bundle joins a user namespace, and namespaces of both owners with it") {
  SKIP_IF(!is_root(), "the namespaces are root's");
  const Background users({"unshare", "--user", "--net", "sleep", "1000"});
  const std::string own = "/proc/" + std::to_string(users.pid());
  REQUIRE(eventually([&] {
    return fs::read_symlink(own + "/ns/net") != fs::read_symlink("/proc/self/ns/net") &&
           contains(read_file(own + "/comm"), "sleep");
  }));
  for (const char* map : {"/uid_map", "/gid_map"}) write_file(own + map, "0 100000 65536\n");
  const Holder root("--net --fork");
  const Bundle bundle;
  for (const std::string& net : {own + "/ns/net", root.path("net")}) {
    BundleConfig config;
    config.script = "readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u";
    config.namespaces = {"mount",         "pid", "ipc", "uts", "user=" + own + "/ns/user",
                         "network=" + net};
    config.own_sys = false;  // that is its network namespace's owner's
    CHECK(run_of(bundle, config) == fs::read_symlink(own + "/ns/user").string() + "\n" +
                                        fs::read_symlink(net).string() + "\n0\n");
  }
}

TEST_CASE("hooks run in their order and place, with the state of the container") {
  const Bundle bundle;
  const fs::path log = bundle.dir() / "log";
  BundleConfig config;
  config.script = "cat /tmp/started; exec sleep 0.2";
  config.members = R"(, "hooks": {)" + hook("poststop", log) + ", " + hook("poststart", log) +
                   ", " + hook("createContainer", log) + ", " + hook("createRuntime", log) + ", " +
                   hook("prestart", log) +
                   R"(, "startContainer": [{"path": "/bin/sh", "args": ["sh", "-c",)"
                   R"( "echo startContainer $PWD `cat` > /tmp/started"]}]})";
  const std::string started = run_of(bundle, config);
  CHECK(started.starts_with("startContainer / {"));
  CHECK(contains(started, R"("status":"created","pid":1)"));
  const std::vector<std::string> lines = lines_of(read_file(log));
  const char* kinds[][2] = {{"prestart", "creating"},
                            {"createRuntime", "creating"},
                            {"createContainer", "creating"},
                            {"poststart", "running"},
                            {"poststop", "stopped"}};
  REQUIRE(lines.size() == std::size(kinds));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string state = std::string(R"("status":")") + kinds[i][1] + "\"";
    CHECK(lines[i].starts_with(std::string(kinds[i][0]) + " " + bundle.dir().string() + " b {"));
    CHECK(contains(lines[i], state));
  }
  CHECK(contains(lines[2], R"("pid":1,)"));
}

TEST_CASE("a hook that fails or takes too long ends the container") {
  const Bundle bundle;
  const fs::path log = bundle.dir() / "log";
  for (const std::string kind :
       {"prestart", "createRuntime", "createContainer", "startContainer"}) {
    CAPTURE(kind);
    BundleConfig config;
    config.script = "echo ran";
    config.members = R"(, "hooks": {")" + kind +
                     R"(": [{"path": "/bin/sh", "args": ["sh", "-c",)"
                     R"( "exit 3"]}], )" +
                     hook("poststop", log) + "}";
    const CommandResult result = bundle.run(config);
    CHECK(result.code == 1);
    CHECK(contains(result.err, "run hooks." + kind + "[0] /bin/sh"));
    CHECK(contains(result.err, "it exited with 3"));
    CHECK(result.out.empty());
  }
  CHECK(lines_of(read_file(log)).size() == 4);
  BundleConfig slow;
  slow.script = "echo ran";
  slow.members = R"(, "hooks": {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "100"],)"
                 R"( "timeout": 1}]})";
  const CommandResult result = bundle.run(slow);
  CHECK(contains(result.err, "hooks.createRuntime[0]"));
  CHECK(contains(result.err, "longer than 1 s"));
}

TEST_CASE("what a createContainer hook mounts into the root is the container's") {
  const Bundle bundle;
  fs::create_directory(bundle.rootfs() / "given");
  BundleConfig config;
  config.script = "cat /given/file";
  const std::string given = (bundle.rootfs() / "given").string();
  config.members = R"(, "hooks": {"createContainer": [{"path": "/bin/sh", "args": ["sh", "-c",)"
                   R"( "mount -t tmpfs given )" +
                   given + " && echo seen > " + given +
                   R"(/file"], "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]})";
  CHECK(run_of(bundle, config) == "seen\n");
  CHECK(fs::is_empty(bundle.rootfs() / "given"));
}

TEST_CASE("network devices are moved with their addresses, and are up") {
  SKIP_IF(!is_root() || !has_program("ip"), "needs root and ip(8)");
  const Bundle bundle;
  BundleConfig config;
  config.host_namespaces = {"--net"};
  config.host_script =
      "ip link add give type veth peer name keep && ip address add 10.1.2.3/24 dev give";
  config.script = "ip -o address show dev eth7; ip -o link show dev eth7";
  config.linux_members = R"(, "netDevices": {"give": {"name": "eth7"}})";
  const std::string moved = run_of(bundle, config);
  CHECK(contains(moved, "inet 10.1.2.3/24 scope global eth7"));
  CHECK(contains(moved, ",UP"));
  config.linux_members = R"(, "netDevices": {"give": {"name": "lo"}})";
  const CommandResult taken = bundle.run(config);
  CHECK(taken.code == 1);
  CHECK(contains(taken.err, "move network device give (linux.netDevices): File exists"));
  config.linux_members = R"(, "netDevices": {"give": {"name": "net%d"}})";
  config.script = "ip -o link show dev net0";
  CHECK(contains(run_of(bundle, config), "net0"));
}

TEST_CASE("exec applies the fields of its own process") {
  const Bundle bundle;
  bundle.configure({.script = "exec sleep 1000"});
  const std::string id = "exec-" + std::to_string(::getpid());
  REQUIRE(command({"sh", "-c", "exec \"$@\" > /dev/null 2>&1", "sh", CONTAINERLIB_RUNTIME, "--root",
                   bundle.dir() / "state", "run", "--detach", "--bundle", bundle.dir(), id})
              .code == 0);
  const fs::path description = bundle.dir() / "process.json";
  write_file(
      description,
      R"({"user": {"uid": 0, "gid": 0, "umask": 63}, "cwd": "/tmp", "env": ["PATH=/bin"],)"
      R"( "execCPUAffinity": {"initial": "0", "final": "0"},)" +
          std::string(is_root() ? R"("oomScoreAdj": 800,)" : "") +
          R"( "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0},)"
          R"( "scheduler": {"policy": "SCHED_BATCH"},)"
          R"( "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 40, "hard": 41}], "args": ["sh", "-c",)"
          R"( "pwd; umask; ulimit -n; ionice -p $$; awk '{print $41}' /proc/self/stat; grep Cpus_allowed_list /proc/self/status"]})");
  const CommandResult result = bundle.runtime({"exec", "--process", description, id});
  CHECK(result.err == "");
  CHECK(result.out == "/tmp\n0077\n40\nidle\n3\nCpus_allowed_list:\t0\n");
  CHECK(bundle.runtime({"delete", "--force", id}).code == 0);
}
