#include "runtime/spec_fragment.hpp"

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

oci::RuntimeSpec base() {
  oci::RuntimeSpec out;
  out.hostname = "box";
  out.process.args = {"sh", "-c", "true"};
  out.process.env = {"A=1", "B=2"};
  out.process.cwd = "/home";
  out.process.user = {7, 8, {8, 9}, {}};
  out.process.capabilities.bounding = out.process.capabilities.effective = {"CAP_KILL"};
  out.process.rlimits = {{"RLIMIT_CORE", 0, 0}, {"RLIMIT_NOFILE", 1, 2}};
  out.mounts = {{"/proc", "proc", "proc", {}}};
  out.namespaces = {{"pid", ""}, {"ipc", ""}};
  out.uid_mappings = out.gid_mappings = {{0, 700000, 65536}};
  out.masked_paths = {"/proc/kcore"};
  out.resources.devices.emplace_back().allow = true;
  return out;
}

oci::RuntimeSpec with(const std::string& fragment, oci::RuntimeSpec spec = base()) {
  apply_fragment(fragment, spec);
  return spec;
}

std::string refused(const std::string& fragment) {
  return refused_field([&] { with(fragment); });
}

}  // namespace

TEST_CASE("what a fragment does not have stays") {
  for (const char* fragment : {"", "{}", R"({"process": {}, "linux": {}, "mounts": []})"}) {
    const oci::RuntimeSpec out = with(fragment);
    CHECK(out.process.args == base().process.args);
    CHECK(out.process.env == base().process.env);
    CHECK(out.process.cwd == "/home");
    CHECK(out.process.user.uid == 7);
    CHECK(out.process.user.additional_gids.size() == 2);
    CHECK(out.process.capabilities.bounding.size() == 1);
    CHECK(out.process.rlimits.size() == 2);
    CHECK(out.process.no_new_privileges);
    CHECK(out.namespaces.size() == 2);
    CHECK(out.uid_mappings.size() == 1);
    CHECK(out.masked_paths.size() == 1);
    CHECK(out.mounts.size() == 1);
  }
}

TEST_CASE("values and whole lists of a fragment replace, also by none") {
  const oci::RuntimeSpec out = with(
      R"({"hostname": "other", "process": {"args": ["ls"], "cwd": "/", "noNewPrivileges": false,)"
      R"( "user": {"gid": 3, "additionalGids": []}, "capabilities": {"bounding": []}},)"
      R"( "linux": {"uidMappings": [{"containerID": 0, "hostID": 5, "size": 6}]}})");
  CHECK(out.hostname == "other");
  CHECK(out.process.args == std::vector<std::string>{"ls"});
  CHECK(out.process.cwd == "/");
  CHECK_FALSE(out.process.no_new_privileges);
  CHECK(out.process.user.uid == 7);
  CHECK(out.process.user.gid == 3);
  CHECK(out.process.user.additional_gids.empty());
  CHECK(out.process.capabilities.bounding.empty());
  CHECK(out.process.capabilities.effective.size() == 1);
  REQUIRE(out.uid_mappings.size() == 1);
  CHECK(out.uid_mappings[0].host_id == 5);
  CHECK(out.gid_mappings[0].host_id == 700000);
}

TEST_CASE("entries of a fragment replace those of the same name, or are added") {
  const oci::RuntimeSpec out = with(
      R"({"process": {"env": ["C=3", "A=new"], "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 5,)"
      R"( "hard": 6}, {"type": "RLIMIT_NPROC", "soft": 1, "hard": 1}]},)"
      R"( "linux": {"namespaces": [{"type": "ipc", "path": "/a"}, {"type": "time"}]}})");
  CHECK(out.process.env == std::vector<std::string>{"A=new", "B=2", "C=3"});
  REQUIRE(out.process.rlimits.size() == 3);
  CHECK(out.process.rlimits[0].type == "RLIMIT_CORE");
  CHECK(out.process.rlimits[1].soft == 5);
  REQUIRE(out.namespaces.size() == 3);
  CHECK(out.namespaces[1].path == "/a");
  CHECK(out.namespaces[2].type == "time");
}

TEST_CASE("mounts, devices, rules and paths of a fragment come after the others") {
  const oci::RuntimeSpec out = with(
      R"({"mounts": [{"destination": "/m", "type": "tmpfs"}], "linux": {"maskedPaths": ["/x"],)"
      R"( "devices": [{"path": "/dev/a", "type": "p"}], "resources": {"devices":)"
      R"( [{"allow": false}]}}})");
  REQUIRE(out.mounts.size() == 2);
  CHECK(out.mounts[1].destination == "/m");
  CHECK(out.masked_paths == std::vector<std::string>{"/proc/kcore", "/x"});
  CHECK(out.devices.size() == 1);
  REQUIRE(out.resources.devices.size() == 2);
  CHECK_FALSE(out.resources.devices[1].allow);
}

TEST_CASE("limits that nobody asked for give way to those of a fragment") {
  oci::RuntimeSpec spec = base();
  spec.resources.memory.limit = 100;
  spec.resources.memory.swap = 200;
  spec.resources.memory.swap_is_default = true;
  spec.resources.pids_limit = 2048;
  spec.resources.pids_limit_is_default = true;
  const oci::RuntimeSpec out =
      with(R"({"linux": {"resources": {"memory": {"limit": 1000}, "pids": {"limit": 5}}}})", spec);
  CHECK(out.resources.memory.limit == 1000);
  CHECK_FALSE(out.resources.memory.swap);
  CHECK_FALSE(out.resources.memory.swap_is_default);
  CHECK(out.resources.pids_limit == 5);
  CHECK_FALSE(out.resources.pids_limit_is_default);
  CHECK(with(R"({"linux": {"resources": {"cpu": {"shares": 5}}}})", spec)
            .resources.pids_limit_is_default);
}

TEST_CASE("a fragment is refused by the field that is wrong") {
  CHECK(refused("{") == "unsafe_oci_spec");
  CHECK(refused("[]") == "unsafe_oci_spec");
  CHECK(refused(R"({"ociVersion": "2.0.0"})") == "ociVersion");
  CHECK(refused(R"({"root": {"path": "x"}})") == "root.path");
  CHECK(refused(R"({"process": {"terminal": true}})") == "process.terminal");
  CHECK(refused(R"({"process": {"terminal": false}})") == "");
  CHECK(refused(R"({"process": {"args": []}})") == "process.args");
  CHECK(refused(R"({"linux": {"sysctl": {"a": 1}}})") == "linux.sysctl.a");
  CHECK(refused(R"({"mounts": [{"destination": "/m", "type": "bind", "source": "x"}]})") ==
        "mounts[0].source");
  CHECK(refused(R"({"hooks": {"prestart": []}})") == "");
  for (const char* fragment :
       {R"({"hooks": {"prestart": [{"path": "/a"}]}})", R"({"linux": {"intelRdt": {}}})",
        R"({"linux": {"namespaces": [{"type": "user", "path": "/a"}]}})",
        R"({"linux": {"namespaces": [{"type": "mount", "path": "/a"}]}})"}) {
    CAPTURE(std::string(fragment));
    oci::RuntimeSpec spec = base();
    try {
      apply_fragment(fragment, spec);
      FAIL_CHECK("taken");
    } catch (const Error& error) {
      CHECK(error.code() == Errc::unsupported);
    }
  }
}
