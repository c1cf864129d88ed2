#include "sandbox/compile/cgroup_dirs.hpp"

#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include <algorithm>

#include "cgroup_facts.hpp"
#include "linux/cgroup_layout.hpp"
#include "sandbox/compile.hpp"

using namespace containerlib;
using tests::all_of_v1;
using tests::all_of_v2;
using Manager = sys::CgroupFacts::Manager;

namespace {

sys::HostFacts root_with(sys::CgroupFacts cgroups) {
  sys::HostFacts facts;
  facts.kernel_major = 6;
  facts.user_namespaces = facts.idmapped_mounts = true;
  facts.cgroups = std::move(cgroups);
  return facts;
}

sys::CgroupFacts hybrid() {
  sys::CgroupFacts facts = all_of_v1();
  facts.layout = sys::CgroupFacts::Layout::hybrid;
  facts.unified_mount = "/sys/fs/cgroup/unified";
  facts.unified = "/sys/fs/cgroup/unified/containerlib";
  std::erase_if(facts.controllers, [](const sys::Controller& c) {
    return c.name == "freezer" || c.name == "cpuacct" || c.name == "hugetlb";
  });
  facts.controllers.push_back({"hugetlb", 2, facts.unified, ""});
  return facts;
}

sys::HostFacts rootless() {
  sys::HostFacts facts = root_with(all_of_v2());
  facts.uid = facts.gid = 1000;
  facts.rootless = true;
  facts.cgroups.unified = "/sys/fs/cgroup/user.slice/job/containerlib";
  for (sys::Controller& c : facts.cgroups.controllers) c.base = facts.cgroups.unified;
  return facts;
}

oci::RuntimeSpec spec_with(const std::string& path) {
  oci::RuntimeSpec spec;
  spec.id = "box";
  spec.cgroups_path = path;
  spec.process.args = {"true"};
  spec.namespaces = {{"mount", ""}, {"pid", ""}};
  return spec;
}

std::string unified(const std::string& path, const sys::HostFacts& facts) {
  return sandbox::cgroup_dirs(spec_with(path), facts).unified;
}

std::string joined(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  std::string out;
  for (const std::string& name : sandbox::joined_v1_controllers(spec, facts)) out += name + " ";
  return out;
}

/// The steps on cgroups, without their numbers.
std::string steps(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  const std::string plan =
      print(sandbox::compile(spec, sandbox::BundleRoot{"/b/rootfs", "/b"}, facts));
  std::string out;
  for (std::size_t at = 0; at < plan.size();) {
    const std::size_t end = plan.find('\n', at);
    const std::string line = plan.substr(at + 13, end - at - 13);
    at = end + 1;
    if (line.find("cgroup") != line.npos) out += line + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("cgroupsPath: where the group is") {
  const sys::HostFacts root = root_with(all_of_v2());
  CHECK(unified("", root) == "/sys/fs/cgroup/containerlib/box");
  CHECK(unified("/a/b", root) == "/sys/fs/cgroup/a/b");
  CHECK(unified("a//./b/", root) == "/sys/fs/cgroup/a/b");
  CHECK(unified("", rootless()) == "/sys/fs/cgroup/user.slice/job/containerlib/box");
  CHECK(unified("a/b", rootless()) == "/sys/fs/cgroup/user.slice/job/a/b");
  CHECK(unified("/a/b", rootless()) == "/sys/fs/cgroup/user.slice/job/a/b");
  CHECK(unified("/user.slice/job/a", rootless()) == "/sys/fs/cgroup/user.slice/job/a");
  const sys::CgroupDirs dirs = sandbox::cgroup_dirs(spec_with("/a/b"), root_with(hybrid()));
  CHECK(dirs.unified == "/sys/fs/cgroup/unified/a/b");
  CHECK(dirs.v1.at("memory") == "/sys/fs/cgroup/memory/a/b");
  sys::HostFacts systemd = rootless();
  systemd.cgroups.manager = Manager::systemd;
  CHECK(unified("/user.slice/x.scope", systemd) == "/sys/fs/cgroup/user.slice/x.scope");
}

TEST_CASE("cgroupsPath: what names no group is refused") {
  for (const char* path : {"/", "//", ".", "/a/../b", "../a", "a\nb"}) try {
      unified(path, root_with(all_of_v2()));
      CHECK_MESSAGE(false, path);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::invalid_option);
      CHECK(error.subject() == "linux.cgroupsPath");
    }
}

TEST_CASE("hierarchies of v1 are joined for statistics, devices, limits and freezing") {
  oci::RuntimeSpec spec = spec_with("");
  CHECK(joined(spec, root_with(all_of_v2())) == "");
  CHECK(joined(spec, root_with(hybrid())) == "memory pids devices ");
  CHECK(joined(spec, root_with(all_of_v1())) == "memory pids devices freezer cpuacct ");
  spec.resources.cpu.quota = 1000;
  spec.resources.network.class_id = 7;
  spec.resources.devices.emplace_back().allow = true;
  CHECK(joined(spec, root_with(hybrid())) == "memory pids cpu net_cls ");
  sys::HostFacts facts = root_with(hybrid());
  facts.rootless = true;
  CHECK(joined(spec_with(""), facts) == "memory pids ");
  facts.rootless = false;
  facts.initial_user_namespace = false;
  CHECK(joined(spec_with(""), facts) == "memory pids ");
}

TEST_CASE("steps on v2: all groups down to it give their controllers") {
  oci::RuntimeSpec spec = spec_with("/a/b");
  spec.resources.memory.limit = 4096;
  spec.resources.unified["misc.max"] = "x 1";
  CHECK(steps(spec, root_with(all_of_v2())) ==
        "make or reuse cgroup /sys/fs/cgroup/a/b\n"
        "enable cgroup controllers memory misc in /sys/fs/cgroup (wanted: pids cpu io)\n"
        "enable cgroup controllers memory misc in /sys/fs/cgroup/a (wanted: pids cpu io)\n"
        "filter devices of /sys/fs/cgroup/a/b 62 instructions\n"
        "apply linux.resources.memory.limit to /sys/fs/cgroup/a/b/memory.max = 4096\n"
        "apply linux.resources.unified[misc.max] to /sys/fs/cgroup/a/b/misc.max = x 1\n"
        "clone mount,pid into /sys/fs/cgroup/a/b\n");
}

TEST_CASE("steps on a hybrid host: devices by v1") {
  oci::RuntimeSpec spec = spec_with("/a/b");
  spec.resources.hugepages = {{"2MB", 0}};
  const std::string all = steps(spec, root_with(hybrid()));
  const std::string devices =
      "apply linux.resources.devices to /sys/fs/cgroup/devices/a/b/devices.deny = a\n"
      "apply linux.resources.devices to /sys/fs/cgroup/devices/a/b/devices.allow = c *:* m\n";
  CHECK(all.find(devices) != all.npos);
  CHECK(all.find("filter devices") == all.npos);
  CHECK(
      all.starts_with("make or reuse cgroup /sys/fs/cgroup/unified/a/b\n"
                      "enable cgroup controllers hugetlb in /sys/fs/cgroup/unified\n"
                      "enable cgroup controllers hugetlb in /sys/fs/cgroup/unified/a\n"
                      "apply linux.resources.hugepageLimits[2MB] to "
                      "/sys/fs/cgroup/unified/a/b/hugetlb.2MB.max = 0\n"));
  CHECK(
      all.ends_with("enter cgroup by /sys/fs/cgroup/memory/a/b/tasks\n"
                    "enter cgroup by /sys/fs/cgroup/pids/a/b/tasks\n"
                    "enter cgroup by /sys/fs/cgroup/devices/a/b/tasks\n"));
}

TEST_CASE("steps for a group that systemd makes are taken while the process waits in it") {
  oci::RuntimeSpec spec = spec_with("/system.slice/box.scope");
  spec.resources.devices.emplace_back().allow = true;
  spec.resources.memory.limit = 4096;
  sys::HostFacts facts = root_with(all_of_v2());
  facts.cgroups.manager = Manager::systemd;
  CHECK(steps(spec, facts) ==
        "apply linux.resources.memory.limit to "
        "/sys/fs/cgroup/system.slice/box.scope/memory.max = 4096\n");
  CHECK(sandbox::compile(spec, sandbox::BundleRoot{"/b/rootfs", "/b"}, facts).before.size() == 1);
}

TEST_CASE("without a manager there are no groups, and limits are refused") {
  oci::RuntimeSpec spec = spec_with("/a/b");
  spec.resources.devices.emplace_back();
  sys::HostFacts facts = root_with(hybrid());
  facts.cgroups = sys::no_cgroups(facts.cgroups);
  CHECK(steps(spec, facts) == "");
  CHECK(sandbox::cgroup_dirs(spec, facts).unified.empty());
  CHECK(sandbox::cgroup_dirs(spec, facts).v1.empty());
  spec.resources.pids_limit = 5;
  CHECK_THROWS_WITH_AS(steps(spec, facts),
                       "apply limit linux.resources.pids.limit: not supported here "
                       "(cgroup controller pids: the cgroup manager is disabled)",
                       Error);
}

TEST_CASE(
    "rules on devices that cannot be applied are an error; rootless there is nothing to deny") {
  oci::RuntimeSpec spec = spec_with("");
  spec.resources.devices.emplace_back();
  sys::HostFacts facts = root_with({});
  facts.cgroups.unified_reason = "/sys/fs/cgroup is mounted read-only";
  CHECK_THROWS_WITH_AS(steps(spec, facts),
                       "allow device linux.resources.devices: not supported here "
                       "(/sys/fs/cgroup is mounted read-only)",
                       Error);
  CHECK(steps(spec_with(""), facts) == "");  // those that are the runtime's own
  spec.namespaces = {{"user", ""}, {"mount", ""}};
  CHECK(steps(spec, rootless()).find("filter") == std::string::npos);
}

TEST_CASE("a limit that the kernel takes and ignores is told") {
  oci::RuntimeSpec spec = spec_with("");
  const auto warnings = [&] {
    return sandbox::compile(spec, sandbox::BundleRoot{"/b/rootfs", "/b"}, root_with(hybrid()))
        .warnings;
  };
  spec.resources.memory.kernel = -1;
  CHECK(warnings().empty());
  spec.resources.memory.kernel = 4096;
  REQUIRE(warnings().size() == 1);
  CHECK(warnings()[0].starts_with("linux.resources.memory.kernel: "));
}

TEST_CASE("a group that the container may write to is given to its user") {
  oci::RuntimeSpec spec = spec_with("/a");
  spec.namespaces.push_back({"user", ""});
  spec.namespaces.push_back({"cgroup", ""});
  spec.uid_mappings = spec.gid_mappings = {{0, 100000, 65536}};
  const std::string step = "give cgroup /sys/fs/cgroup/a to 100000\n";
  const sys::HostFacts facts = root_with(all_of_v2());
  spec.mounts = {{"/sys/fs/cgroup", "cgroup", "cgroup", {"ro"}}};
  CHECK(steps(spec, facts).find("give") == std::string::npos);
  spec.mounts[0].options = {"rw"};
  CHECK(steps(spec, facts).find(step) != std::string::npos);
  spec.uid_mappings[0].host_id = 0;
  CHECK(steps(spec, facts).find("give") == std::string::npos);
}
