#include "sandbox/compile.hpp"

#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include "sandbox/golden.hpp"

using tests::check_golden;
using namespace containerlib;

namespace {

sys::HostFacts root_with_v2() {
  sys::HostFacts facts;
  facts.kernel_major = 6;
  facts.capabilities = ~std::uint64_t{0};
  facts.user_namespaces = facts.idmapped_mounts = facts.overlay = facts.overlay_lowerdir_append =
      true;
  facts.cgroups.layout = sys::CgroupFacts::Layout::v2;
  facts.cgroups.unified = "/sys/fs/cgroup/containerlib";
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "io"})
    facts.cgroups.controllers.push_back({name, 2, facts.cgroups.unified, ""});
  return facts;
}

sys::HostFacts root_with_hybrid() {
  sys::HostFacts facts = root_with_v2();
  facts.cgroups.layout = sys::CgroupFacts::Layout::hybrid;
  facts.cgroups.unified = "/sys/fs/cgroup/unified/containerlib";
  facts.cgroups.controllers.clear();
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "freezer", "cpuacct"})
    facts.cgroups.controllers.push_back(
        {name, 1, std::string("/sys/fs/cgroup/") + name + "/containerlib", "", name});
  facts.cgroups.controllers.push_back({"io", 1, "/sys/fs/cgroup/blkio/containerlib", "", "blkio"});
  return facts;
}

sys::HostFacts rootless_without_subids() {
  sys::HostFacts facts = root_with_v2();
  facts.uid = facts.gid = 1000;
  facts.rootless = true;
  facts.overlay_lowerdir_append = false;
  facts.cgroups.unified.clear();
  for (sys::Controller& c : facts.cgroups.controllers)
    c = {c.name, 0, "", "not delegated to uid 1000"};
  return facts;
}

oci::RuntimeSpec simple_spec() {
  oci::RuntimeSpec spec;
  spec.id = "0123456789abcdef";
  spec.hostname = "box";
  spec.process.args = {"sh", "-c", "echo hello"};
  spec.process.env = {"PATH=/bin", "A=b c"};
  spec.process.capabilities.bounding = {"CAP_CHOWN", "CAP_KILL"};
  spec.process.capabilities.permitted = spec.process.capabilities.effective = {"CAP_KILL"};
  for (const char* type : {"user", "mount", "pid", "network", "ipc", "uts", "cgroup"})
    spec.namespaces.push_back({type, ""});
  spec.uid_mappings = spec.gid_mappings = {{0, 1879048192, 65536}};
  spec.mounts = {{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
                 {"/dev", "tmpfs", "tmpfs", {"nosuid", "noexec", "mode=755", "size=65536k"}},
                 {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "gid=5"}},
                 {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
                 {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "ro"}}};
  spec.masked_paths = {"/proc/kcore", "/sys/firmware"};
  spec.readonly_paths = {"/proc/sys"};
  spec.resources.devices.emplace_back().allow = true;
  spec.seccomp.program.assign(16, 0);
  return spec;
}

const sandbox::OverlayRoot root{
    "/var/lib/containerlib", {"2f", "1"}, "containers/0123456789abcdef"};

std::string plan_of(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  return print(sandbox::compile(spec, root, facts));
}

std::error_code code_of(const oci::RuntimeSpec& spec, const sys::HostFacts& facts,
                        std::string& what) {
  try {
    plan_of(spec, facts);
  } catch (const Error& error) {
    what = error.what();
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("plan of a container with its own ids on cgroup v2") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.memory.limit = 64 << 20;
  spec.resources.memory.swap = 128 << 20;
  spec.resources.cpu.quota = 50000;
  spec.resources.pids_limit = 32;
  check_golden("userns-v2", plan_of(spec, root_with_v2()));
}

TEST_CASE("plan with every limit on a hybrid host") {
  oci::RuntimeSpec spec = simple_spec();
  oci::Resources& r = spec.resources;
  r.memory.limit = 64 << 20;
  r.memory.swap = 64 << 20;
  r.cpu.quota = 150000;
  r.cpu.period = 100000;
  r.cpu.weight = 100;
  r.cpu.cpus = "0-1";
  r.pids_limit = -1;
  r.block.read_bps = {{254, 0, 1048576}};
  r.block.write_iops = {{254, 0, 100}};
  check_golden("limits-hybrid", plan_of(spec, root_with_hybrid()));
}

TEST_CASE("plan of a rootless container with one id: no default limit, no setgroups, no gid 5") {
  oci::RuntimeSpec spec = simple_spec();
  spec.uid_mappings = spec.gid_mappings = {{0, 0, 1}};
  spec.resources.pids_limit = 2048;
  spec.resources.pids_limit_is_default = true;
  check_golden("rootless-single", plan_of(spec, rootless_without_subids()));
}

TEST_CASE("plan with host ids, volumes, a terminal, a read-only root and new privileges") {
  oci::RuntimeSpec spec = simple_spec();
  std::erase_if(spec.namespaces, [](const oci::Namespace& ns) { return ns.type == "user"; });
  spec.uid_mappings = spec.gid_mappings = {};
  spec.mounts.push_back(
      {"/data", "bind", "/srv/data", {"rbind", "rro", "rnosuid", "rnodev"}, true});
  spec.mounts.push_back({"/scratch", "tmpfs", "", {"nosuid", "nodev", "size=1048576"}});
  spec.root_readonly = true;
  spec.process.terminal = true;
  spec.process.rows = 40;
  spec.process.columns = 120;
  spec.process.user = {1000, 1000, {2000, 2001}, 027};
  spec.process.no_new_privileges = false;
  spec.process.rlimits = {{"RLIMIT_CORE", 0, 0}};
  check_golden("host-ids", plan_of(spec, root_with_v2()));
}

TEST_CASE("volumes are shifted by the container's user namespace") {
  oci::RuntimeSpec spec = simple_spec();
  spec.mounts.push_back({"/data", "bind", "/srv/data", {"rbind"}, true});
  const std::string plan = plan_of(spec, root_with_v2());
  CHECK(plan.find("open tree /srv/data private recursive -> #") != std::string::npos);
  CHECK(plan.find("shift ownership of /srv/data") != std::string::npos);
}

TEST_CASE("more layers than one option holds are refused before Linux 6.7") {
  sys::HostFacts facts = root_with_v2();
  sandbox::OverlayRoot root{"/var/lib/containerlib", {}, "containers/0123", false};
  for (int i = 0; i < 130; ++i) root.lowers.push_back(std::to_string(i));
  facts.overlay_lowerdir_append = true;
  CHECK_NOTHROW(sandbox::compile(simple_spec(), root, facts));
  facts.overlay_lowerdir_append = false;
  CHECK_THROWS_WITH_AS(sandbox::compile(simple_spec(), root, facts),
                       "mount overlay containers/0123: not supported here "
                       "(its 130 layers are too many for Linux before 6.7)",
                       Error);
}

TEST_CASE("a swap limit that was asked for is not optional") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.memory.limit = 64 << 20;
  spec.resources.memory.swap = 64 << 20;
  const std::string limit = "memory.memsw.limit_in_bytes = 67108864";
  CHECK(plan_of(spec, root_with_hybrid()).find(limit + "\n") != std::string::npos);
  spec.resources.memory.swap_is_default = true;
  CHECK(plan_of(spec, root_with_hybrid()).find(limit + " (if present)") != std::string::npos);
}

TEST_CASE("plan of a further process") {
  oci::RuntimeSpec spec = simple_spec();
  check_golden("exec", print(sandbox::compile_exec(spec.process, spec.seccomp, root_with_v2(),
                                                   {"/sys/fs/cgroup/containerlib/0123", {}})));
}

TEST_CASE("swap without a limit, and memory that is taken last, on both versions of cgroups") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.memory.limit = 32 << 20;
  spec.resources.memory.swap = -1;
  spec.resources.memory.reservation = 16 << 20;
  const std::string v2 = plan_of(spec, root_with_v2());
  CHECK(v2.find("/memory.swap.max = max") != std::string::npos);
  CHECK(v2.find("/memory.low = 16777216") != std::string::npos);
  const std::string v1 = plan_of(spec, root_with_hybrid());
  CHECK(v1.find("/memory.memsw.limit_in_bytes = -1") != std::string::npos);
  CHECK(v1.find("/memory.soft_limit_in_bytes = 16777216") != std::string::npos);
}

TEST_CASE("CPU shares stay what they are on v1, and are a weight on v2") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.cpu.shares = 2;
  CHECK(plan_of(spec, root_with_hybrid()).find("/cpu.shares = 2") != std::string::npos);
  CHECK(plan_of(spec, root_with_v2()).find("/cpu.weight = 1") != std::string::npos);
}

TEST_CASE("a limit that cannot be applied names the controller and the reason") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.memory.limit = 64 << 20;
  std::string what;
  CHECK(code_of(spec, rootless_without_subids(), what) == Errc::unsupported);
  CHECK(what.find("cgroup controller memory: not delegated to uid 1000") != std::string::npos);
}

TEST_CASE("a pids limit that was asked for is not dropped") {
  oci::RuntimeSpec spec = simple_spec();
  spec.resources.pids_limit = 10;
  std::string what;
  CHECK(code_of(spec, rootless_without_subids(), what) == Errc::unsupported);
}

TEST_CASE("what the kernel lacks is named") {
  std::string what;
  sys::HostFacts facts = root_with_v2();
  facts.idmapped_mounts = false;
  CHECK(code_of(simple_spec(), facts, what) == Errc::unsupported);
  CHECK(what.find("idmapped mounts") != std::string::npos);
  facts = root_with_v2();
  facts.user_namespaces = false;
  facts.user_namespaces_reason = "user.max_user_namespaces is 0";
  CHECK(code_of(simple_spec(), facts, what) == Errc::unsupported);
  CHECK(what.find("user.max_user_namespaces is 0") != std::string::npos);
  facts = root_with_v2();
  facts.overlay = false;
  CHECK(code_of(simple_spec(), facts, what) == Errc::unsupported);
  CHECK(what.find("overlay") != std::string::npos);
}

TEST_CASE("unknown capabilities and rlimits are refused") {
  std::string what;
  oci::RuntimeSpec spec = simple_spec();
  spec.process.capabilities.bounding = {"CAP_NONSENSE"};
  CHECK(code_of(spec, root_with_v2(), what) == Errc::invalid_option);
  spec = simple_spec();
  spec.process.rlimits = {{"RLIMIT_NONSENSE", 1, 1}};
  CHECK(code_of(spec, root_with_v2(), what) == Errc::invalid_option);
}

TEST_CASE("a plan survives the way to the monitor") {
  sandbox::LaunchPlan plan = sandbox::compile(simple_spec(), root, root_with_v2());
  const std::string bytes = plan.bytes();
  const std::size_t steps = plan.before.size() + plan.after.size() + plan.inside.size();
  CHECK(bytes.size() > sizeof(sandbox::PlanHeader) + steps * sizeof(sandbox::Step));
  CHECK(sandbox::name_of(plan, static_cast<std::uint32_t>(steps - 1)).operation == "execute");
  CHECK(sandbox::name_of(plan, static_cast<std::uint32_t>(steps - 1)).subject == "sh");
  CHECK(sandbox::name_of(plan, static_cast<std::uint32_t>(steps)).operation == "start process");
}
