#include "oci/runtime_spec_json.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "full_spec.hpp"
#include "oci/json.hpp"

namespace cl = containerlib;
namespace oci = containerlib::oci;
namespace bj = boost::json;

namespace {

/// A document of which only `fields` differ from the least.
oci::RuntimeSpec parse(const std::string& fields, std::vector<std::string>* warnings = nullptr) {
  const std::string least = R"({"ociVersion":"1.3.0","root":{"path":"rootfs"})";
  return oci::parse_runtime_spec(least + (fields.empty() ? "" : ",") + fields + "}", "config.json",
                                 warnings);
}

/// The error that `work` gives: "subject: hint".
template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::invalid_option);
    return error.subject() + ": " + error.hint();
  }
  return "none";
}

/// "/linux/devices/0/path" as the specification names it: linux.devices[0].path.
std::string field_name(std::string_view pointer) {
  std::string out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (token.find_first_not_of("0123456789") == token.npos) {
      out += '[' + std::string(token) + ']';
    } else {
      if (!out.empty()) out += '.';
      out += token;
    }
  }
  return out;
}

/// The full document with this one value in this place.
std::string with(std::string_view pointer, std::string_view value) {
  bj::value document = bj::parse(oci::to_json(oci::full_spec()));
  const std::size_t slash = pointer.rfind('/');
  const std::string_view last = pointer.substr(slash + 1);
  bj::value& parent = document.at_pointer({pointer.data(), slash});
  bj::value& place = parent.is_array() ? parent.get_array().at(std::stoul(std::string(last)))
                                       : parent.get_object()[{last.data(), last.size()}];
  place = bj::parse({value.data(), value.size()});
  return bj::serialize(document);
}

struct Wrong {
  const char* pointer;
  const char* value;
  const char* field = nullptr;  ///< when it is not the pointer's
};

void check_refused(std::initializer_list<Wrong> all) {
  for (const Wrong& wrong : all) {
    const std::string field = wrong.field ? wrong.field : field_name(wrong.pointer);
    INFO(wrong.pointer << " = " << wrong.value);
    const std::string error =
        error_of([&] { oci::parse_runtime_spec(with(wrong.pointer, wrong.value), "config.json"); });
    CHECK(error.substr(0, error.find(": ")) == field);
    CHECK(error.find(": expected ") != error.npos);
  }
}

}  // namespace

TEST_CASE("a configuration with every field is the same after it was written and read") {
  const std::string text = oci::to_json(oci::full_spec());
  CHECK(oci::to_json(oci::parse_runtime_spec(text, "config.json")) == text);
}

TEST_CASE("what a configuration does not say has the specification's default") {
  const oci::RuntimeSpec spec = parse("");
  CHECK(spec.oci_version == "1.3.0");
  CHECK(spec.root_path == "rootfs");
  CHECK_FALSE(spec.root_readonly);
  CHECK(spec.process.args.empty());
  CHECK_FALSE(spec.process.no_new_privileges);
  CHECK_FALSE(spec.seccomp_profile.has_value());
  CHECK(oci::to_json(spec) == R"({"ociVersion":"1.3.0","root":{"path":"rootfs"}})");

  const oci::Process process = parse(R"("process":{"args":["sh"],"cwd":"/"})").process;
  CHECK_FALSE(process.no_new_privileges);
  CHECK_FALSE(process.terminal);
  CHECK(process.user.uid == 0);
  CHECK_FALSE(process.user.umask.has_value());
  CHECK_FALSE(process.oom_score_adj.has_value());
  CHECK(process.capabilities.bounding.empty());
}

TEST_CASE("null and absent are the same") {
  const oci::RuntimeSpec spec = parse(
      R"("process":null,"hooks":null,"mounts":null,"linux":{"resources":{"memory":null},
      "seccomp":null,"intelRdt":null,"devices":null,"rootfsPropagation":""})");
  CHECK(oci::to_json(spec) == R"({"ociVersion":"1.3.0","root":{"path":"rootfs"}})");
}

TEST_CASE("unknown fields are ignored, at every level") {
  CHECK_NOTHROW(parse(R"("x":1,"linux":{"x":[{}],"resources":{"x":{}},"seccomp":{
      "defaultAction":"SCMP_ACT_ALLOW","x":""},"intelRdt":{"enableCMT":true}})"));
}

TEST_CASE("sections of other platforms are told in a warning and ignored") {
  std::vector<std::string> warnings;
  parse(R"("solaris":{"milestone":1},"windows":{},"vm":{},"zos":{},"freebsd":{})", &warnings);
  CHECK(warnings.size() == 5);
  CHECK(warnings[0] == "freebsd: is for another platform");
  CHECK_NOTHROW(parse(R"("windows":{})"));
}

TEST_CASE("a capability that Linux does not have is a warning, or an error where none are taken") {
  const std::string text =
      R"("process":{"args":["a"],"cwd":"/","capabilities":{"bounding":["CAP_KILL","CAP_FLY"]}})";
  std::vector<std::string> warnings;
  const oci::RuntimeSpec spec = parse(text, &warnings);
  CHECK(spec.process.capabilities.bounding == std::vector<std::string>{"CAP_KILL"});
  CHECK(warnings ==
        std::vector<std::string>{"process.capabilities.bounding[1]: unknown capability CAP_FLY"});
  CHECK(error_of([&] { parse(text); }) ==
        "process.capabilities.bounding[1]: expected a capability of Linux, not \"CAP_FLY\"");
}

TEST_CASE("any version 1 is accepted, and no other") {
  for (const char* good : {"1.0.0", "1.0.2-dev", "1.3.0", "1.99.0+build"})
    CHECK(oci::parse_runtime_spec(with("/ociVersion", '"' + std::string(good) + '"'), "x")
              .oci_version == good);
  for (const char* bad : {"0.2.0", "2.0.0", "1", "1.", "1.x", "10.0.0", ""})
    CHECK(error_of([&] {
            oci::parse_runtime_spec(with("/ociVersion", '"' + std::string(bad) + '"'), "x");
          }).starts_with("ociVersion: expected 1.x.y: unknown version specified"));
}

TEST_CASE("fields that the specification requires") {
  check_refused({{"/ociVersion", "null"},
                 {"/root", "null"},
                 {"/root/path", "null"},
                 {"/root/path", "\"\""},
                 {"/mounts/0/destination", "null"},
                 {"/mounts/0/destination", "\"\""},
                 {"/mounts/1/uidMappings/0/containerID", "null"},
                 {"/mounts/1/uidMappings/0/hostID", "null"},
                 {"/mounts/1/uidMappings/0/size", "null"},
                 {"/process/args", "null"},
                 {"/process/args", "[]"},
                 {"/process/cwd", "null"},
                 {"/process/user/uid", "null"},
                 {"/process/user/gid", "null"},
                 {"/process/consoleSize/height", "null"},
                 {"/process/consoleSize/width", "null"},
                 {"/process/rlimits/0/type", "null"},
                 {"/process/rlimits/0/soft", "null"},
                 {"/process/rlimits/0/hard", "null"},
                 {"/process/scheduler/policy", "null"},
                 {"/process/ioPriority/class", "null"},
                 {"/process/ioPriority/priority", "null"},
                 {"/hooks/poststop/0/path", "null"},
                 {"/linux/namespaces/0/type", "null"},
                 {"/linux/uidMappings/0/size", "null"},
                 {"/linux/devices/0/type", "null"},
                 {"/linux/devices/0/path", "null"},
                 {"/linux/devices/0/major", "null"},
                 {"/linux/devices/3/minor", "null"},
                 {"/linux/resources/devices/0/allow", "null"},
                 {"/linux/resources/blockIO/weightDevice/0/major", "null"},
                 {"/linux/resources/blockIO/weightDevice/1/weight", "null",
                  "linux.resources.blockIO.weightDevice[1]"},
                 {"/linux/resources/blockIO/throttleReadBpsDevice/0/minor", "null"},
                 {"/linux/resources/blockIO/throttleReadBpsDevice/0/rate", "null"},
                 {"/linux/resources/hugepageLimits/0/pageSize", "null"},
                 {"/linux/resources/hugepageLimits/0/limit", "null"},
                 {"/linux/resources/network/priorities/0/name", "null"},
                 {"/linux/resources/network/priorities/0/priority", "null"},
                 {"/linux/resources/rdma/rxe3", "{}"},
                 {"/linux/seccomp/defaultAction", "null"},
                 {"/linux/seccomp/syscalls/0/names", "null"},
                 {"/linux/seccomp/syscalls/0/names", "[]"},
                 {"/linux/seccomp/syscalls/0/action", "null"},
                 {"/linux/seccomp/syscalls/1/args/0/index", "null"},
                 {"/linux/seccomp/syscalls/1/args/0/value", "null"},
                 {"/linux/seccomp/syscalls/1/args/0/op", "null"},
                 {"/linux/personality/domain", "null"},
                 {"/linux/memoryPolicy/mode", "null"}});
}

TEST_CASE("process: types, ranges and names") {
  check_refused({{"/process", "[]"},
                 {"/process/terminal", "\"true\""},
                 {"/process/consoleSize/height", "65536"},
                 {"/process/consoleSize/width", "-1"},
                 {"/process/user", "\"root\""},
                 {"/process/user/uid", "-1"},
                 {"/process/user/uid", "4294967296"},
                 {"/process/user/uid", "\"0\""},
                 {"/process/user/uid", "1.0"},
                 {"/process/user/gid", "-1"},
                 {"/process/user/umask", "512"},
                 {"/process/user/additionalGids/1", "-1"},
                 {"/process/user/additionalGids", "5"},
                 {"/process/args", "\"sh\""},
                 {"/process/args/1", "7"},
                 {"/process/args/1", "null"},
                 {"/process/args/0", R"("a\u0000b")"},
                 {"/process/env/0", "{}"},
                 {"/process/cwd", "\"root\""},
                 {"/process/cwd", "\"\""},
                 {"/process/capabilities", "[]"},
                 {"/process/capabilities/bounding/0", "\"KILL\""},
                 {"/process/capabilities/effective/0", "\"cap_kill\""},
                 {"/process/capabilities/inheritable/0", "1"},
                 {"/process/capabilities/permitted", "\"CAP_KILL\""},
                 {"/process/capabilities/ambient/0", "\"CAP_X\""},
                 {"/process/rlimits/0/type", "\"RLIMIT_FILES\""},
                 {"/process/rlimits/0/soft", "-1"},
                 {"/process/rlimits/0/soft", "4097"},
                 {"/process/rlimits/0/hard", "18446744073709551616"},
                 {"/process/rlimits/1/type", "\"RLIMIT_NOFILE\""},
                 {"/process/noNewPrivileges", "1"},
                 {"/process/oomScoreAdj", "1001"},
                 {"/process/oomScoreAdj", "-1001"},
                 {"/process/scheduler/policy", "\"SCHED_NORMAL\""},
                 {"/process/scheduler/nice", "20"},
                 {"/process/scheduler/nice", "-21"},
                 {"/process/scheduler/priority", "100"},
                 {"/process/scheduler/priority", "-1"},
                 {"/process/scheduler/flags/1", "\"SCHED_FLAG_ALL\""},
                 {"/process/scheduler/runtime", "-1"},
                 {"/process/scheduler/deadline", "\"1\""},
                 {"/process/scheduler/period", "-1"},
                 {"/process/ioPriority/class", "\"IOPRIO_CLASS_NONE\""},
                 {"/process/ioPriority/priority", "8"},
                 {"/process/ioPriority/priority", "-1"},
                 {"/process/execCPUAffinity/initial", "\"a\""},
                 {"/process/execCPUAffinity/initial", "\"3-1\""},
                 {"/process/execCPUAffinity/final", "\"0,\""},
                 {"/process/execCPUAffinity/final", "\"0-\""},
                 {"/process/apparmorProfile", "true"},
                 {"/process/selinuxLabel", "{}"}});
}

TEST_CASE("root, mounts and hooks: types, ranges and names") {
  check_refused({{"/root", "\"rootfs\""},
                 {"/root/path", "1"},
                 {"/root/readonly", "\"yes\""},
                 {"/hostname", "1"},
                 {"/domainname", "[]"},
                 {"/annotations", "[]"},
                 {"/annotations/empty", "1", "annotations.empty"},
                 {"/annotations", R"({"":"x"})"},
                 {"/mounts", "{}"},
                 {"/mounts/0", "null"},
                 {"/mounts/0/destination", "1"},
                 {"/mounts/0/type", "1"},
                 {"/mounts/0/source", "[]"},
                 {"/mounts/1/options", "\"ro\""},
                 {"/mounts/1/options/2", "1"},
                 {"/mounts/1/uidMappings", "null"},
                 {"/mounts/1/gidMappings", "[]"},
                 {"/mounts/1/uidMappings/1/containerID", "-1"},
                 {"/mounts/1/uidMappings/1/hostID", "4294967296"},
                 {"/mounts/1/gidMappings/0/size", "0"},
                 {"/mounts/1/uidMappings/1/hostID", "4294967295", "mounts[1].uidMappings[1].size"},
                 {"/hooks", "[]"},
                 {"/hooks/prestart", "{}"},
                 {"/hooks/prestart/0/path", "\"true\""},
                 {"/hooks/createRuntime/1/path", "\"\""},
                 {"/hooks/createContainer/0/args", "\"x\""},
                 {"/hooks/startContainer/0/env/0", "1"},
                 {"/hooks/poststart/0/timeout", "0"},
                 {"/hooks/poststop/0/timeout", "-1"},
                 {"/hooks/poststop/0/timeout", "2147483648"}});
}

TEST_CASE("linux: types, ranges and names") {
  check_refused({{"/linux", "[]"},
                 {"/linux/namespaces/2/type", "\"net\""},
                 {"/linux/namespaces/2/type", "\"pid\""},
                 {"/linux/namespaces/0/path", "\"proc/1/ns/pid\""},
                 {"/linux/uidMappings/0/containerID", "-1"},
                 {"/linux/gidMappings/1/hostID", "\"0\""},
                 {"/linux/gidMappings/1/size", "0"},
                 {"/linux/timeOffsets/realtime", "{}"},
                 {"/linux/timeOffsets/monotonic", "1"},
                 {"/linux/timeOffsets/monotonic/secs", "\"1\""},
                 {"/linux/timeOffsets/boottime/nanosecs", "1000000000"},
                 {"/linux/timeOffsets/boottime/nanosecs", "-1"},
                 {"/linux/devices/0/type", "\"a\""},
                 {"/linux/devices/0/type", "\"char\""},
                 {"/linux/devices/0/path", "\"dev/fuse\""},
                 {"/linux/devices/0/major", "-1"},
                 {"/linux/devices/0/major", "4096"},
                 {"/linux/devices/0/minor", "1048576"},
                 {"/linux/devices/0/fileMode", "65536"},
                 {"/linux/devices/0/fileMode", "\"0666\""},
                 {"/linux/devices/0/uid", "-1"},
                 {"/linux/devices/0/gid", "4294967296"},
                 {"/linux/netDevices", "[]"},
                 {"/linux/netDevices/eth0", "\"eth1\""},
                 {"/linux/netDevices/eth0/name", "\"a/b\""},
                 {"/linux/netDevices/eth0/name", "\"sixteen_letters_\""},
                 {"/linux/netDevices", R"({"a b":{}})", "linux.netDevices.a b"},
                 {"/linux/cgroupsPath", "1"},
                 {"/linux/rootfsPropagation", "\"none\""},
                 {"/linux/rootfsPropagation", "\"rro\""},
                 {"/linux/sysctl", "[]"},
                 {"/linux/sysctl", R"({"kernel.domainname":1})", "linux.sysctl.kernel.domainname"},
                 {"/linux/maskedPaths/0", "\"proc/kcore\""},
                 {"/linux/readonlyPaths/1", "\"\""},
                 {"/linux/mountLabel", "1"},
                 {"/linux/personality", "\"LINUX\""},
                 {"/linux/personality/domain", "\"LINUX64\""},
                 {"/linux/personality/flags", "[\"x\"]", "linux.personality.flags[0]"},
                 {"/linux/memoryPolicy/mode", "\"MPOL_ALL\""},
                 {"/linux/memoryPolicy/nodes", "\"x\""},
                 {"/linux/memoryPolicy/flags/0", "\"MPOL_F_NODE\""},
                 {"/linux/intelRdt/closID", "\"a/b\""},
                 {"/linux/intelRdt/closID", "\"..\""},
                 {"/linux/intelRdt/schemata", "\"L3:0=1\""},
                 {"/linux/intelRdt/schemata/0", "\"L3:0=1\\nMB:0=1\""},
                 {"/linux/intelRdt/l3CacheSchema", "1"},
                 {"/linux/intelRdt/memBwSchema", "\"L3:0=1\""},
                 {"/linux/intelRdt/memBwSchema", "\"MB:0=1\\n\""},
                 {"/linux/intelRdt/enableMonitoring", "1"}});
}

TEST_CASE("resources: types, ranges and names") {
  check_refused({{"/linux/resources", "[]"},
                 {"/linux/resources/devices", "{}"},
                 {"/linux/resources/devices/1/allow", "\"true\""},
                 {"/linux/resources/devices/1/type", "\"p\""},
                 {"/linux/resources/devices/1/type", "\"cb\""},
                 {"/linux/resources/devices/1/major", "-2"},
                 {"/linux/resources/devices/1/minor", "\"*\""},
                 {"/linux/resources/devices/1/access", "\"rx\""},
                 {"/linux/resources/memory/limit", "-2"},
                 {"/linux/resources/memory/limit", "\"1G\""},
                 {"/linux/resources/memory/limit", "9223372036854775808"},
                 {"/linux/resources/memory/reservation", "-2"},
                 {"/linux/resources/memory/swap", "true"},
                 {"/linux/resources/memory/kernel", "-2"},
                 {"/linux/resources/memory/kernelTCP", "\"\""},
                 {"/linux/resources/memory/swappiness", "101"},
                 {"/linux/resources/memory/disableOOMKiller", "0"},
                 {"/linux/resources/memory/useHierarchy", "1"},
                 {"/linux/resources/memory/checkBeforeUpdate", "\"\""},
                 {"/linux/resources/cpu/shares", "-1"},
                 {"/linux/resources/cpu/quota", "\"max\""},
                 {"/linux/resources/cpu/burst", "-1"},
                 {"/linux/resources/cpu/burst", "1000001"},
                 {"/linux/resources/cpu/period", "-1"},
                 {"/linux/resources/cpu/realtimeRuntime", "1.5"},
                 {"/linux/resources/cpu/realtimePeriod", "-1"},
                 {"/linux/resources/cpu/cpus", "\"0-\""},
                 {"/linux/resources/cpu/mems", "\"all\""},
                 {"/linux/resources/cpu/idle", "2"},
                 {"/linux/resources/pids/limit", "\"max\""},
                 {"/linux/resources/pids", "5"},
                 {"/linux/resources/blockIO/weight", "65536"},
                 {"/linux/resources/blockIO/leafWeight", "-1"},
                 {"/linux/resources/blockIO/weightDevice/0/major", "-1"},
                 {"/linux/resources/blockIO/weightDevice/0/leafWeight", "65536"},
                 {"/linux/resources/blockIO/throttleWriteBpsDevice/0/rate", "-1"},
                 {"/linux/resources/blockIO/throttleReadIOPSDevice/0/rate", "\"1\""},
                 {"/linux/resources/blockIO/throttleWriteIOPSDevice", "{}"},
                 {"/linux/resources/hugepageLimits/0/pageSize", "\"2M\""},
                 {"/linux/resources/hugepageLimits/0/pageSize", "\"02MB\""},
                 {"/linux/resources/hugepageLimits/0/pageSize", "\"MB\""},
                 {"/linux/resources/hugepageLimits/0/pageSize", "\"../2MB\""},
                 {"/linux/resources/hugepageLimits/1/limit", "-1"},
                 {"/linux/resources/network/classID", "4294967296"},
                 {"/linux/resources/network/priorities/1/name", "\"eth0\""},
                 {"/linux/resources/network/priorities/1/priority", "-1"},
                 {"/linux/resources/rdma/mlx5_1/hcaHandles", "-1"},
                 {"/linux/resources/rdma/mlx5_1/hcaObjects", "4294967296"},
                 {"/linux/resources/unified", R"({"a":1})", "linux.resources.unified.a"},
                 {"/linux/resources/unified", R"({"../cgroup.procs":"1"})"},
                 {"/linux/resources/unified", R"({"..":"1"})"}});
}

TEST_CASE("seccomp: types, ranges and names") {
  check_refused(
      {{"/linux/seccomp", "[]"},
       {"/linux/seccomp/defaultAction", "\"SCMP_ACT_DENY\""},
       {"/linux/seccomp/defaultErrnoRet", "4096"},
       {"/linux/seccomp/defaultAction", "\"SCMP_ACT_KILL\"", "linux.seccomp.defaultErrnoRet"},
       {"/linux/seccomp/architectures/0", "\"x86_64\""},
       {"/linux/seccomp/flags/1", "\"SECCOMP_FILTER_FLAG_NEW_LISTENER\""},
       {"/linux/seccomp/listenerPath", "null", "linux.seccomp.listenerMetadata"},
       {"/linux/seccomp/listenerMetadata", "{}"},
       {"/linux/seccomp/syscalls", "{}"},
       {"/linux/seccomp/syscalls/0/names/1", "1"},
       {"/linux/seccomp/syscalls/0/action", "\"ALLOW\""},
       {"/linux/seccomp/syscalls/0/errnoRet", "65536"},
       {"/linux/seccomp/syscalls/0/errnoRet", "-1"},
       {"/linux/seccomp/syscalls/1/errnoRet", "1"},
       {"/linux/seccomp/syscalls/1/args/0/index", "6"},
       {"/linux/seccomp/syscalls/1/args/0/value", "-1"},
       {"/linux/seccomp/syscalls/1/args/1/valueTwo", "\"1\""},
       {"/linux/seccomp/syscalls/1/args/1/op", "\"==\""}});
}

TEST_CASE("the message names the document, the field, what was expected and what was there") {
  try {
    oci::parse_runtime_spec(with("/mounts/1/type", "7"), "/bundle/config.json");
    FAIL("accepted");
  } catch (const cl::Error& error) {
    CHECK(std::string(error.what()) ==
          "read /bundle/config.json mounts[1].type: invalid option (expected a string, not 7)");
  }
}

TEST_CASE("a document that is no JSON, too large, too deep or ambiguous is refused") {
  const auto parse_text = [](const std::string& text) {
    return error_of([&] { oci::parse_runtime_spec(text, "config.json"); });
  };
  CHECK(parse_text("").starts_with("config.json: no valid JSON"));
  CHECK(parse_text("[]") == "config.json: not a JSON object");
  CHECK(parse_text("{} {}").starts_with("config.json: no valid JSON"));
  CHECK(parse_text(R"({"root":1,"root":2})") == "config.json: the key \"root\" comes twice");
  CHECK(parse_text(std::string(oci::json::max_config_size + 1, ' '))
            .starts_with("config.json: a document of more than"));
  CHECK(parse_text("{\"x\":" + std::string(100, '[') + std::string(100, ']') + '}')
            .starts_with("config.json: no valid JSON"));
}

TEST_CASE("what engines write beyond the specification") {
  CHECK(parse(R"("mounts":[{"destination":"data"}])").mounts[0].destination == "/data");
  CHECK(parse(R"("linux":{"rootfsPropagation":"rslave"})").rootfs_propagation == "slave");

  const auto rule =
      parse(R"("linux":{"resources":{"devices":[{"allow":true,"type":"","major":-1,"minor":-1}]}})")
          .resources.devices.at(0);
  CHECK(rule.type == 'a');
  CHECK_FALSE(rule.major.has_value());
  CHECK_FALSE(rule.minor.has_value());

  // 0666 with the bits of a character device.
  const auto device = parse(R"("linux":{"devices":[
      {"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":8630}]})")
                          .devices.at(0);
  CHECK(device.file_mode == 0666u);
}

TEST_CASE("the size of a terminal is ignored where there is none") {
  const oci::Process process =
      parse(R"("process":{"args":["a"],"cwd":"/","consoleSize":{"height":"x"}})").process;
  CHECK(process.rows == 0);
}

TEST_CASE("a process and resources of their own") {
  const oci::Process process = oci::full_process();
  CHECK(oci::to_json(oci::parse_process(oci::to_json(process), "p")) == oci::to_json(process));
  CHECK(error_of([] { oci::parse_process(R"({"args":["a"],"cwd":"x"})", "p"); }) ==
        "process.cwd: expected an absolute path, not \"x\"");

  const oci::Resources resources = oci::full_resources();
  CHECK(oci::to_json(oci::parse_resources(oci::to_json(resources), "-")) ==
        oci::to_json(resources));
  CHECK(error_of([] {
          oci::parse_resources(R"({"memory":{"limit":"x"}})", "-");
        }).starts_with("linux.resources.memory.limit: expected an integer from -1 to"));
}

TEST_CASE("our own weight of CPU time is written as the file it means") {
  oci::Resources resources;
  resources.cpu.weight = 50;
  CHECK(oci::to_json(resources) == R"({"unified":{"cpu.weight":"50"}})");
}

TEST_CASE("a mount shifted by the container's own mapping is written with the option for it") {
  oci::RuntimeSpec spec;
  spec.mounts = {
      {.destination = "/a", .type = {}, .source = {}, .options = {}, .idmap = true},
      {.destination = "/b", .type = {}, .source = {}, .options = {"ridmap"}, .idmap = true}};
  CHECK(
      oci::to_json(spec).find(
          R"("mounts":[{"destination":"/a","options":["idmap"]},{"destination":"/b","options":["ridmap"]}])") !=
      std::string::npos);
}
