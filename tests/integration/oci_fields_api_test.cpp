// Fields of the OCI configuration that the options have no other name for.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <csignal>

#include "integration/fixture.hpp"
#include "integration/oci_fields.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// The document with these members, as FieldCase has them.
std::string document(const FieldCase& c) {
  std::string section = c.section;
  for (const std::string& type : c.namespaces)
    section += (section.empty() ? "" : ", ") + (R"("namespaces": [{"type": ")" + type + R"("}])");
  const std::string process = R"("process": {)" + c.process + "}";
  return "{" + (c.members.empty() ? "" : c.members + ", ") + process + R"(, "linux": {)" + section +
         "}}";
}

std::string linux_part(const std::string& members) { return R"({"linux": {)" + members + "}}"; }

std::string resources(const std::string& members) {
  return linux_part(R"("resources": {)" + members + "}");
}

std::string join(const std::string& type, const std::string& path) {
  return linux_part(R"("namespaces": [{"type": ")" + type + R"(", "path": ")" + path + R"("}])");
}

cl::ContainerOptions with(const std::string& fragment,
                          cl::UserNamespace users = cl::UserNamespace::automatic) {
  cl::ContainerOptions out;
  out.user_namespace = users;
  out.unsafe_oci_spec = fragment;
  return out;
}

constexpr auto host_ids = cl::UserNamespace::host;

/// A file of the process's group in the hierarchy of this controller.
std::string group_file(int pid, const std::string& controller, const std::string& v1,
                       const std::string& v2) {
  const fs::path top = "/sys/fs/cgroup";
  for (const std::string& line : lines_of(read_file("/proc/" + std::to_string(pid) + "/cgroup"))) {
    const std::size_t names = line.find(':') + 1, path = line.find(':', names) + 1;
    const std::string in = "," + line.substr(names, path - 1 - names) + ",";
    if (contains(in, "," + controller + ","))
      return read_file((top / controller).string() + line.substr(path) + "/" + v1);
    if (in == ",,")
      for (const fs::path& unified : {top, top / "unified"})
        if (const fs::path file = unified.string() + line.substr(path) + "/" + v2; fs::exists(file))
          return read_file(file);
  }
  return {};
}

bool joined(const std::string& path, const std::string& name) {
  std::error_code error;
  const fs::path other = fs::read_symlink(path, error);
  return !error && other != fs::read_symlink("/proc/self/ns/" + name);
}

}  // namespace

TEST_CASE("a container's process has the fields of the fragment") {
  SKIP_IF(!is_root(), "oomScoreAdj and others need rights");
  Containers containers;
  std::vector<FieldCase> cases = field_cases();
  cases.push_back(
      {.name = "umask", .script = "umask", .out = "0077\n", .process = R"("user": {"umask": 63})"});
  cases.push_back({.name = "user",
                   .script = "id -u; id -g; id -G",
                   .out = "1000\n1001\n1001 5 7\n",
                   .process = R"("user": {"uid": 1000, "gid": 1001, "additionalGids": [5, 7]})"});
  cases.push_back({.name = "env, cwd",
                   .script = "echo $A $B; pwd",
                   .out = "new kept\n/tmp\n",
                   .process = R"("env": ["A=new"], "cwd": "/tmp")"});
  cases.push_back({.name = "capabilities",
                   .script = "grep CapBnd /proc/self/status; grep CapEff /proc/self/status",
                   .out = "CapBnd:\t0000000000000021\nCapEff:\t0000000000000020\n",
                   .process = R"("capabilities": {"bounding": ["CAP_KILL", "CAP_CHOWN"],)"
                              R"( "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"]},)"
                              R"( "user": {"uid": 0})"});
  cases.push_back({.name = "maskedPaths, readonlyPaths",
                   .script = "cat /etc/passwd; touch /tmp/x 2>/dev/null || echo ro; ls /proc/acpi",
                   .out = "ro\n",
                   .section = R"("maskedPaths": ["/etc/passwd"], "readonlyPaths": ["/tmp"])"});
  cases.push_back({.name = "root.readonly",
                   .script = "touch /x 2>/dev/null || echo ro",
                   .out = "ro\n",
                   .members = R"("root": {"readonly": true})"});
  cases.push_back({.name = "seccomp",
                   .script = "mkdir /tmp/d 2>&1; echo on",
                   .out = "mkdir: can't create directory '/tmp/d': Device or resource busy\non\n",
                   .section = R"("seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":)"
                              R"( [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",)"
                              R"( "errnoRet": 16}]})"});
  cases.push_back({.name = "uidMappings",
                   .script = "cat /proc/self/uid_map | tr -s ' '",
                   .out = " 0 200000 1000\n",
                   .section =
                       R"("uidMappings": [{"containerID": 0, "hostID": 200000, "size": 1000}],)"
                       R"( "gidMappings": [{"containerID": 0, "hostID": 200000, "size": 1000}])"});
  for (const FieldCase& c : cases)
    for (const cl::UserNamespace users : {cl::UserNamespace::automatic, host_ids}) {
      CAPTURE(std::string(c.name));
      CAPTURE(static_cast<int>(users));
      if (std::string(c.name) == "uidMappings" && users == host_ids) continue;
      cl::ContainerOptions options = with(document(c), users);
      options.env = {{"A", "old"}, {"B", "kept"}};
      CHECK(containers.shell(c.script, options) == without_newline(c.out));
    }
}

TEST_CASE("args of the fragment replace the command") {
  Containers containers;
  const cl::Completed done =
      containers.run({"false"}, with(R"({"process": {"args": ["echo", "replaced"]}})"));
  CHECK(done.out == "replaced\n");
}

TEST_CASE("mounts of the fragment, with options that Mount has not") {
  SKIP_IF(!is_root(), "idmapped mounts");
  Containers containers;
  const fs::path source = containers.host.scratch / "fragment-source";
  fs::create_directory(source);
  write_file(source / "file", "text");
  const std::string from = source.string();
  const auto mount = [](const std::string& members) {
    return R"({"mounts": [{)" + members + "}]}";
  };
  CHECK(contains(
      containers.shell("grep ' /m ' /proc/self/mountinfo",
                       with(mount(R"("destination": "/m", "type": "bind", "source": ")" + from +
                                  R"(", "options": ["rbind", "rro", "rnoexec", "noatime"])"))),
      "ro,noexec,noatime"));
  CHECK(contains(containers.shell("grep -c . /etc/passwd; touch /etc/new && echo writable",
                                  with(mount(R"("destination": "/etc", "type": "tmpfs",)"
                                             R"( "source": "tmpfs", "options": ["tmpcopyup"])"))),
                 "writable"));
  CHECK(containers.shell(
            "stat -c %u /m/file",
            with(mount(R"("destination": "/m", "type": "bind", "source": ")" + from +
                       R"(", "options": ["bind"],)"
                       R"( "uidMappings": [{"containerID": 0, "hostID": 7, "size": 1000}],)"
                       R"( "gidMappings": [{"containerID": 0, "hostID": 7, "size": 1000}])"),
                 host_ids)) == "7");
}

TEST_CASE("devices of the fragment") {
  SKIP_IF(!is_root(), "needs root: devices");
  SKIP_IF(!fs::exists("/dev/kmsg"), "no /dev/kmsg");
  Containers containers;
  const auto device = [](const std::string& path) {
    return linux_part(R"("devices": [{"path": ")" + path +
                      R"(", "type": "c", "major": 1, "minor": 11}, {"path": "/dev/null",)"
                      R"( "type": "c", "major": 1, "minor": 3}])");
  };
  for (const cl::UserNamespace users : {cl::UserNamespace::automatic, host_ids}) {
    CHECK(containers.shell("stat -c '%t:%T' /dev/kmsg; echo x > /dev/null",
                           with(device("/dev/kmsg"), users)) == "1:b");
  }
  const auto error =
      error_of([&] { containers.run({"true"}, with(device("/opt/kmsg"), host_ids)); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::unsupported);
  CHECK(error->subject() == "linux.devices");
}

TEST_SUITE_BEGIN("cgroup");

TEST_CASE("device rules of the fragment, in a container and for exec") {
  SKIP_IF(!is_root(), "needs root: devices");
  SKIP_IF(!fs::exists("/dev/kmsg"), "no /dev/kmsg");
  Containers containers;
  const std::string node =
      R"("devices": [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}], )";
  const std::string open = "(: </dev/kmsg) 2>/dev/null && echo yes || echo no";
  const std::string deny = R"({"allow": false, "access": "rwm"})";
  const auto fragment = [&](const std::string& rules) {
    return linux_part(node + R"("resources": {"devices": [)" + rules + "]}");
  };
  const auto options = [&](const std::string& rules) {
    cl::ContainerOptions out = with(fragment(rules), host_ids);
    out.cap_add = {"SYSLOG"};
    return out;
  };
  CHECK(containers.shell(open, options("")) == "yes");
  CHECK(containers.shell(open, options(deny)) == "no");
  CHECK(containers.shell("echo ok; echo x >/dev/null", options(deny)) == "ok");
  CHECK(containers.shell(
            open, options(deny + R"(, {"allow": true, "type": "c", "major": 1, "minor": 11})")) ==
        "yes");
  cl::Container running = containers.start({"sleep", "100"}, options(deny));
  CHECK(running.exec({"sh", "-c", open}).out == "no\n");
}

TEST_CASE("resources of the fragment are kept, or refused by their field") {
  SKIP_IF(!is_root(), "needs root: the whole hierarchy");
  Containers containers;
  struct Row {
    std::string controller, members, v1, v2, value, field;
  };
  const Row rows[] = {
      {"pids", R"("pids": {"limit": 77})", "pids.max", "pids.max", "77", "linux.resources.pids"},
      {"cpu", R"("cpu": {"quota": 50000, "period": 100000})", "cpu.cfs_quota_us", "cpu.max",
       "50000", "linux.resources.cpu"},
      {"memory", R"("memory": {"limit": 67108864})", "memory.limit_in_bytes", "memory.max",
       "67108864", "linux.resources.memory"},
      {"hugetlb", R"("hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}])",
       "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max", "4194304",
       "linux.resources.hugepageLimits"}};
  for (const Row& row : rows) {
    CAPTURE(row.members);
    std::optional<cl::Container> running;
    const auto error = error_of([&] {
      running = containers.start({"sleep", "100"}, with(resources(row.members)));
    });
    const bool possible = no_controller(containers.runtime(), row.controller).empty();
    CHECK(possible == !error);
    if (error) {
      CHECK_MESSAGE(contains(error->what(), row.field), std::string(error->what()));
    } else {
      const int pid = running->inspect().pid;
      CHECK(group_file(pid, row.controller, row.v1, row.v2).starts_with(row.value));
    }
  }
  for (const auto& [members, field] : std::vector<std::pair<std::string, std::string>>{
           {R"("rdma": {"nosuch": {"hcaHandles": 3}})", "linux.resources.rdma"},
           {R"("unified": {"nonsense.max": "1"})", "nonsense"}}) {
    const auto error =
        error_of([&, &m = members] { containers.run({"true"}, with(resources(m))); });
    REQUIRE(error);
    CHECK_MESSAGE(contains(error->what(), field), std::string(error->what()));
  }
}

TEST_CASE("a cgroup of the fragment's name is used, and removed") {
  SKIP_IF(!is_root(), "needs root: the whole hierarchy");
  Containers containers;
  const std::string path = "/containerlib-fragment-" + std::to_string(::getpid());
  cl::Container running =
      containers.start({"sleep", "100"}, with(linux_part(R"("cgroupsPath": ")" + path + R"(")")));
  const std::string groups =
      read_file("/proc/" + std::to_string(running.inspect().pid) + "/cgroup");
  CHECK_MESSAGE(contains(groups, path), groups);
  running.kill();
  running.wait();
}

TEST_CASE("namespaces of others are joined, and a shared pid namespace is left empty") {
  SKIP_IF(!is_root(), "the namespaces are root's");
  Containers containers;
  const Background holder(
      {"unshare", "--net", "--ipc", "--uts", "--time", "--cgroup", "sleep", "1000"});
  const std::string own = "/proc/" + std::to_string(holder.pid()) + "/ns/";
  REQUIRE(
      eventually([&] { return joined(own + "net", "net") && joined(own + "cgroup", "cgroup"); }));
  for (const auto& [type, name] : std::vector<std::pair<std::string, std::string>>{
           {"network", "net"}, {"ipc", "ipc"}, {"uts", "uts"}, {"cgroup", "cgroup"}})
    for (const cl::UserNamespace users : {cl::UserNamespace::automatic, host_ids}) {
      const std::string kind = type, link = own + name;
      CAPTURE(kind);
      CAPTURE(static_cast<int>(users));
      CHECK(containers.shell("readlink /proc/self/ns/" + name, with(join(type, link), users)) ==
            fs::read_symlink(link).string());
    }
}

TEST_CASE("what a container leaves in a pid namespace that it shares is killed") {
  SKIP_IF(!is_root(), "the namespaces are root's");
  Containers containers;  // and looks for what is left
  std::optional<cl::Completed> done;
  const auto error = error_of([&] {
    done = containers.run({"sh", "-c", "sleep 1000 >/dev/null 2>&1 & readlink /proc/self/ns/pid"},
                          with(join("pid", "/proc/self/ns/pid"), host_ids));
  });
  if (error) {
    CHECK(error->code() == cl::Errc::unsupported);
    CHECK(error->subject() == "linux.namespaces");
  } else {
    CHECK(done->out == fs::read_symlink("/proc/self/ns/pid").string() + "\n");
  }
}

TEST_SUITE_END();

TEST_CASE("network devices of the host are moved into the container") {
  SKIP_IF(!is_root() || !has_program("ip"), "needs root and ip(8)");
  Containers containers;
  const std::string name = "cl" + std::to_string(::getpid() % 100000);
  const auto error = error_of([&] {
    containers.run({"true"}, with(linux_part(R"("netDevices": {")" + name + R"(": {}})")));
  });
  REQUIRE(error);
  CHECK_MESSAGE(contains(error->what(), name), std::string(error->what()));
  CHECK_MESSAGE(contains(error->what(), "linux.netDevices"), std::string(error->what()));
}

TEST_CASE("what cannot be is refused by its field when the container is made") {
  SKIP_IF(!is_root(), "as an ordinary user other fields are in the way");
  Containers containers;
  struct Row {
    std::string fragment, part;
  };
  const std::string hook = R"([{"path": "/bin/true"}])";
  const Row rows[] = {
      {"nonsense", "unsafe_oci_spec"},
      {"[]", "unsafe_oci_spec"},
      {R"({"ociVersion": "2.0.0"})", "ociVersion"},
      {R"({"root": {"path": "rootfs"}})", "root.path"},
      {R"({"process": {"terminal": true}})", "process.terminal"},
      {R"({"process": {"args": []}})", "process.args"},
      {R"({"process": {"user": {"uid": 4000000000}}})", "uid 4000000000"},
      {R"({"process": {"oomScoreAdj": 5000}})", "process.oomScoreAdj"},
      {R"({"process": {"scheduler": {"policy": "SCHED_ISO"}}})", "process.scheduler"},
      {R"({"process": {"apparmorProfile": "nosuch"}})", "process.apparmorProfile"},
      {R"({"process": {"selinuxLabel": "nosuch"}})", "process.selinuxLabel"},
      {R"({"hooks": {"createRuntime": )" + hook + "}}", "hooks.createRuntime[0]"},
      {R"({"hooks": {"poststop": )" + hook + "}}", "hooks.poststop[0]"},
      {R"({"mounts": [{"destination": "/m", "type": "bind", "source": "here"}]})",
       "mounts[0].source"},
      {linux_part(R"("intelRdt": {"closID": "a"})"), "linux.intelRdt"},
      {linux_part(R"("sysctl": {"kernel.panic": "1"})"), "linux.sysctl[kernel.panic]"},
      {linux_part(R"("sysctl": {"net.ipv4.nonsense": "1"})"), "linux.sysctl[net.ipv4.nonsense]"},
      {linux_part(R"("timeOffsets": {"boottime": {"secs": 1}})"), "linux.timeOffsets"},
      {linux_part(R"("memoryPolicy": {"mode": "MPOL_BIND", "nodes": "1000"})"),
       "linux.memoryPolicy"},
      {linux_part(R"("rootfsPropagation": "sideways")"), "linux.rootfsPropagation"},
      {linux_part(R"("seccomp": {"defaultAction": "NOPE"})"), "linux.seccomp.defaultAction"},
      {join("user", "/proc/self/ns/user"), "linux.namespaces[0].path"},
      {join("mount", "/proc/self/ns/mnt"), "linux.namespaces[0].path"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fragment);
    const auto error = error_of([&] { containers.run({"echo", "ran"}, with(row.fragment)); });
    REQUIRE(error);
    CHECK_MESSAGE(contains(error->what(), row.part), std::string(error->what()));
  }
}

TEST_CASE("a created container keeps its fragment, and commands run in it have its process") {
  SKIP_IF(!is_root(), "oomScoreAdj and others need rights");
  Containers containers;
  cl::ContainerOptions options =
      with(R"({"process": {"env": ["A=b"], "oomScoreAdj": 600, "rlimits": [{"type":)"
           R"( "RLIMIT_NOFILE", "soft": 55, "hard": 66}], "capabilities": {"bounding": []}},)"
           R"( "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":)"
           R"( [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}}})");
  options.args = {"sleep", "100"};
  cl::Container made = containers.runtime().create(containers.busybox(), options);
  made.start();
  CHECK(made.inspect().unsafe_oci_spec == options.unsafe_oci_spec);
  const cl::Completed done =
      made.exec({"sh", "-c",
                 "echo $A; ulimit -n; cat /proc/self/oom_score_adj; mkdir /tmp/d "
                 "2>/dev/null || echo refused; grep CapBnd /proc/self/status"});
  CHECK(done.out == "b\n55\n600\nrefused\nCapBnd:\t0000000000000000\n");
}
