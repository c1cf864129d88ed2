#include <doctest/doctest.h>
#include <linux/sched.h>
#include <sys/resource.h>
#include <containerlib/error.hpp>

#include <functional>

#include "sandbox/compile.hpp"
#include "sandbox/compile/bit_mask.hpp"

// What a bundle's process, namespaces, hooks and the small fields of linux become: as lines of the
// printed plan, or as the field that an error names.
using namespace containerlib;

namespace {

sys::HostFacts root_facts() {
  sys::HostFacts facts;
  facts.kernel = "6.18.0";
  facts.kernel_major = 6;
  facts.kernel_minor = 18;
  facts.capabilities = ~std::uint64_t{0};
  facts.user_namespaces = facts.time_namespaces = facts.idmapped_mounts = true;
  return facts;
}

sys::HostFacts user_facts() {
  sys::HostFacts facts = root_facts();
  facts.uid = facts.gid = 1000;
  facts.rootless = true;
  return facts;
}

oci::RuntimeSpec bundle_spec() {
  oci::RuntimeSpec spec;
  spec.oci_version = "1.3.0";
  spec.id = "c1";
  spec.process.args = {"true"};
  for (const char* type : {"mount", "pid", "network", "ipc", "uts"})
    spec.namespaces.push_back({type, ""});
  return spec;
}

using Change = std::function<void(oci::RuntimeSpec&)>;

sandbox::LaunchPlan plan_of(const Change& change, const sys::HostFacts& facts = root_facts()) {
  oci::RuntimeSpec spec = bundle_spec();
  change(spec);
  return sandbox::compile(spec, sandbox::BundleRoot{.path = "/b/rootfs", .bundle = "/b"}, facts);
}

std::string text_of(const Change& change, const sys::HostFacts& facts = root_facts()) {
  return print(plan_of(change, facts));
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Subject of the Error; empty: there was none.
std::string refused(const Change& change, const sys::HostFacts& facts = root_facts()) try {
  plan_of(change, facts);
  return {};
} catch (const Error& error) {
  return error.subject();
}

oci::Hook hook(const char* path, std::optional<int> timeout = {}) {
  oci::Hook out;
  out.path = path;
  out.timeout = timeout;
  return out;
}

oci::Scheduler scheduler(const char* policy) {
  oci::Scheduler out;
  out.policy = policy;
  return out;
}

void without(oci::RuntimeSpec& spec, const char* type) {
  std::erase_if(spec.namespaces, [&](const oci::Namespace& ns) { return ns.type == type; });
}

std::size_t at(const std::string& text, const std::string& part) {
  const std::size_t found = text.find(part);
  REQUIRE_MESSAGE(found != text.npos, part << " is not in\n" << text);
  return found;
}

}  // namespace

TEST_CASE("a list of numbers is a set of bits") {
  const auto word = [](const std::string& bytes) {
    REQUIRE(bytes.size() == sizeof(unsigned long));
    return *reinterpret_cast<const unsigned long*>(bytes.data());
  };
  CHECK(word(sandbox::bit_mask("0-3,7", "f")) == 0x8f);
  CHECK(word(sandbox::bit_mask("5", "f")) == 0x20);
  CHECK(sandbox::bit_mask("64", "f").size() == 2 * sizeof(unsigned long));
  CHECK(sandbox::bit_mask("", "f").empty());
  for (const char* bad : {"x", "1-", "-1", "1,,2", "99999999", "1-99999999"})
    CHECK_THROWS_AS(sandbox::bit_mask(bad, "f"), Error);
}

TEST_CASE("what would be the host's, or nobody's, is refused by its field") {
  CHECK(refused([](auto&) {}) == "");
  struct Case {
    const char* field;
    Change change;
  };
  const Case cases[] = {
      {"hostname", [](auto& s) { without(s, "uts"), s.hostname = "h"; }},
      {"domainname", [](auto& s) { without(s, "uts"), s.domainname = "h"; }},
      {"linux.namespaces", [](auto& s) { without(s, "mount"); }},
      {"linux.timeOffsets",
       [](auto& s) {
         s.boottime_offset = {1, 0};
       }},
      {"linux.uidMappings",
       [](auto& s) {
         s.namespaces.push_back({"user", ""});
       }},
      {"linux.sysctl[net.core.somaxconn]",
       [](auto& s) { without(s, "network"), s.sysctl["net.core.somaxconn"] = "1"; }},
      {"linux.sysctl[kernel.shmmax]",
       [](auto& s) { without(s, "ipc"), s.sysctl["kernel.shmmax"] = "1"; }},
      {"linux.sysctl[user.max_user_namespaces]",
       [](auto& s) { s.sysctl["user.max_user_namespaces"] = "0"; }},
      {"linux.sysctl[kernel.domainname]",
       [](auto& s) { without(s, "uts"), s.sysctl["kernel.domainname"] = "1"; }},
      {"linux.sysctl[kernel.hostname]", [](auto& s) { s.sysctl["kernel.hostname"] = "1"; }},
      {"linux.sysctl[kernel.panic]", [](auto& s) { s.sysctl["kernel.panic"] = "1"; }},
      {"linux.sysctl[net/../kernel/panic]", [](auto& s) { s.sysctl["net/../kernel/panic"] = "1"; }},
      {"linux.netDevices", [](auto& s) { without(s, "network"), s.net_devices["eth1"] = "eth0"; }},
      {"linux.intelRdt", [](auto& s) { s.intel_rdt.emplace(); }},
      {"linux.personality.flags",
       [](auto& s) { s.personality = {.domain = "LINUX", .flags = {"ADDR_NO_RANDOMIZE"}}; }},
      {"linux.memoryPolicy.mode", [](auto& s) { s.memory_policy.emplace().mode = "MPOL_X"; }},
      {"linux.memoryPolicy.nodes",
       [](auto& s) { s.memory_policy = {.mode = "MPOL_BIND", .nodes = "a", .flags = {}}; }},
      {"process.apparmorProfile", [](auto& s) { s.process.apparmor_profile = "p"; }},
      {"process.selinuxLabel", [](auto& s) { s.process.selinux_label = "l"; }},
      {"process.scheduler.policy",
       [](auto& s) { s.process.scheduler.emplace().policy = "SCHED_ISO"; }},
      {"process.scheduler.nice",
       [](auto& s) { s.process.scheduler = scheduler("SCHED_RR"), s.process.scheduler->nice = 1; }},
      {"process.scheduler.priority",
       [](auto& s) {
         s.process.scheduler = scheduler("SCHED_OTHER"), s.process.scheduler->priority = 1;
       }},
      {"process.scheduler",
       [](auto& s) {
         s.process.scheduler = scheduler("SCHED_OTHER"), s.process.scheduler->runtime = 1;
       }},
      {"hooks.createRuntime[0].path", [](auto& s) { s.hooks.create_runtime = {hook("x")}; }},
      {"hooks.prestart[1].timeout",
       [](auto& s) {
         s.hooks.prestart = {hook("/x"), hook("/x", 0)};
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.field);
    CHECK(refused(c.change) == c.field);
  }
}

TEST_CASE("what the kernel or the user lacks is refused by its field") {
  sys::HostFacts facts = root_facts();
  const Change time = [](auto& s) { s.namespaces.push_back({"time", ""}); };
  CHECK(refused(time, facts) == "");
  facts.kernel_minor = 1;
  CHECK(refused(time, facts) == "linux.namespaces");
  facts = root_facts();
  facts.time_namespaces = false;
  CHECK(refused(time, facts) == "linux.namespaces");
  CHECK(refused([](auto&) {}, user_facts()) == "linux.namespaces");
  const Change range = [](auto& s) {
    s.namespaces.push_back({"user", ""});
    s.uid_mappings = s.gid_mappings = {{0, 1000, 1}, {1, 100000, 65536}};
  };
  CHECK(refused(range, user_facts()) == "linux.uidMappings");
}

TEST_CASE(
    "namespaces by path: the user's first, the mount's last; the host's own are refused late") {
  const sandbox::LaunchPlan plan = plan_of([](auto& s) {
    s.namespaces = {{"mount", "/n/mnt"}, {"network", "/n/net"}, {"uts", ""}, {"user", "/n/user"}};
  });
  REQUIRE(plan.header.joins == 3);
  CHECK(plan.header.join[0].flag == CLONE_NEWUSER);
  CHECK(plan.header.join[1].flag == CLONE_NEWNET);
  CHECK(plan.header.join[2].flag == CLONE_NEWNS);
  CHECK(plan.header.clone_flags == CLONE_NEWUTS);
  const std::string text = print(plan);
  CHECK(has(text, "open net namespace /n/net (linux.namespaces[1].path)"));
  CHECK(has(text, "set ids 0:0"));
  CHECK_FALSE(has(text, "write uid map"));
}

TEST_CASE("an ordinary user's ids: one by the runner, more by newuidmap") {
  const Change user = [](auto& s) { s.namespaces.push_back({"user", ""}); };
  sys::HostFacts facts = user_facts();
  const std::string one = text_of(user, facts);
  CHECK(at(one, "write uid map 0 1000 1") < at(one, "deny setgroups"));
  CHECK(at(one, "deny setgroups") < at(one, "write gid map 0 1000 1"));
  CHECK_FALSE(has(one, "set groups"));
  facts.newuidmap_dir = "/usr/bin";
  facts.subuids = facts.subgids = {{100000, 65536}};
  const std::string more = text_of(user, facts);
  CHECK(has(more, "map ids by /usr/bin/newuidmap 0 1000 1 1 100000 65536"));
  CHECK(has(more, "map ids by /usr/bin/newgidmap 0 1000 1 1 100000 65536"));
  CHECK_FALSE(has(more, "deny setgroups"));
}

TEST_CASE(
    "hooks: the runner's between the process's mounts and its new root, the process's own around") {
  const oci::Hook one = hook("/hook");
  const sandbox::LaunchPlan plan = plan_of([&](auto& s) {
    s.hooks.prestart = s.hooks.create_runtime = s.hooks.create_container = {one};
    s.hooks.start_container = {one};
  });
  const std::string text = print(plan);
  CHECK(at(text, "await the process's mounts") < at(text, "run hooks.prestart[0] /hook"));
  CHECK(at(text, "run hooks.prestart[0]") < at(text, "run hooks.createRuntime[0]"));
  CHECK(at(text, "tell that all is mounted") < at(text, "run hooks.createContainer[0]"));
  CHECK(at(text, "run hooks.createContainer[0]") < at(text, "pivot root"));
  CHECK(at(text, "await start") < at(text, "run hooks.startContainer[0]"));
  CHECK(at(text, "attach tree #0 at /b/rootfs") < at(text, "tell that all is mounted"));
  for (const sandbox::Step& step : plan.after)
    if (step.op == sandbox::Op::run_hook) {
      CHECK(plan.view(step.run_hook.state) ==
            R"({"ociVersion":"1.3.0","id":"c1","status":"creating","pid":)");
      CHECK(plan.view(step.run_hook.state_tail) == R"(,"bundle":"/b"})");
      CHECK(plan.view(step.run_hook.args) == "/hook");
    }
  CHECK_FALSE(has(text_of([](auto&) {}), "await the process's mounts"));
}

TEST_CASE("capabilities that cannot be had are left out, with a warning") {
  sys::HostFacts facts = root_facts();
  facts.capabilities &= ~(std::uint64_t{1} << 24);  // CAP_SYS_RESOURCE
  const Change all = [](auto& s) {
    auto& sets = s.process.capabilities;
    sets.bounding = sets.permitted = sets.effective = {"CAP_KILL", "CAP_SYS_RESOURCE"};
    sets.ambient = {"CAP_KILL"};
  };
  const sandbox::LaunchPlan plan = plan_of(all, facts);
  CHECK(has(print(plan), "set capabilities eff=0x20 prm=0x20 inh=0x0 amb=0x0"));
  REQUIRE(plan.warnings.size() == 2);
  CHECK(plan.warnings[0] ==
        "process.capabilities: CAP_SYS_RESOURCE: not given, as the runtime does not have them "
        "itself");
  CHECK(has(plan.warnings[1], "CAP_KILL: not made ambient"));
  // A user namespace has them all.
  const sandbox::LaunchPlan user = plan_of(
      [&](auto& s) {
        all(s);
        s.namespaces.push_back({"user", ""});
        s.uid_mappings = s.gid_mappings = {{0, 100000, 65536}};
      },
      facts);
  CHECK(has(print(user), "set capabilities eff=0x1000020 prm=0x1000020"));
}

TEST_CASE("a limit above the runtime's own needs CAP_SYS_RESOURCE") {
  sys::HostFacts facts = root_facts();
  facts.hard_limits[RLIMIT_NOFILE] = 1024;
  const Change raise = [](auto& s) { s.process.rlimits = {{"RLIMIT_NOFILE", 2000, 4096}}; };
  CHECK(has(text_of(raise, facts), "set rlimit 7 2000/4096"));
  CHECK(plan_of(raise, facts).warnings.empty());
  facts.capabilities = 0;
  const sandbox::LaunchPlan clamped = plan_of(raise, facts);
  CHECK(has(print(clamped), "set rlimit 7 1024/1024"));
  REQUIRE(clamped.warnings.size() == 1);
  CHECK(has(clamped.warnings[0], "RLIMIT_NOFILE is 1024 instead of 4096"));
  // In another user namespace the process cannot do it: its runner does.
  facts.capabilities = ~std::uint64_t{0};
  const std::string user = text_of(
      [&](auto& s) {
        raise(s);
        s.namespaces.push_back({"user", ""});
        s.uid_mappings = s.gid_mappings = {{0, 100000, 65536}};
      },
      facts);
  CHECK(has(user, "raise rlimit 7 to 4096"));
}

TEST_CASE("an ordinary user's oom score is not lowered, with a warning; root's is tried") {
  sys::HostFacts facts = user_facts();
  facts.oom_score_adj = 100;
  const Change lower = [](auto& s) {
    s.process.oom_score_adj = -500;
    s.namespaces.push_back({"user", ""});
    s.uid_mappings = s.gid_mappings = {{0, 1000, 1}};
  };
  const sandbox::LaunchPlan plan = plan_of(lower, facts);
  CHECK(has(print(plan), "set oom_score_adj 100 "));
  CHECK(plan.warnings.size() == 1);
  CHECK(has(text_of(lower), "set oom_score_adj -500 (process.oomScoreAdj)"));
}

TEST_CASE("a sysctl's key is written with dots or slashes") {
  const std::string text = text_of([](auto& s) {
    s.sysctl = {{"net.ipv4.conf.eth0/100.rp_filter", "1"},
                {"net/ipv4/conf/eth0.200/rp_filter", "0"}};
  });
  CHECK(has(text, "set linux.sysctl[net.ipv4.conf.eth0/100.rp_filter] = 1"));
  const sandbox::LaunchPlan plan = plan_of([](auto& s) {
    s.sysctl = {{"net.ipv4.conf.eth0/100.rp_filter", "1"}};
  });
  for (const sandbox::Step& step : plan.inside)
    if (step.op == sandbox::Op::set_sysctl)
      CHECK(plan.view(step.set_sysctl.path) == "sys/net/ipv4/conf/eth0.100/rp_filter");
}

TEST_CASE("resctrl: the class by closID or the container's id, with what is left of it") {
  sys::HostFacts facts = root_facts();
  facts.resctrl = "/r";
  oci::RuntimeSpec spec = bundle_spec();
  spec.intel_rdt = {.clos_id = {},
                    .schemata = {"L2:0=f"},
                    .l3_cache_schema = "L3:0=7f0",
                    .mem_bw_schema = "MB:0=20",
                    .enable_monitoring = true};
  const auto text = [&] { return text_of([&](auto& s) { s.intel_rdt = spec.intel_rdt; }, facts); };
  CHECK(has(text(), "make resctrl group /r/c1 (linux.intelRdt) L3:0=7f0,MB:0=20,L2:0=f"));
  CHECK(has(text(), "join cgroup /r/c1/tasks"));
  CHECK(has(text(), "make monitoring group /r/c1/mon_groups/c1"));
  CHECK(sandbox::rdt_leftovers(spec, facts) ==
        std::vector<std::string>{"/r/c1/mon_groups/c1", "/r/c1"});
  spec.intel_rdt = {.clos_id = "gold", .schemata = {}, .l3_cache_schema = {}, .mem_bw_schema = {}};
  CHECK(has(text(), "find resctrl group /r/gold"));
  CHECK(sandbox::rdt_leftovers(spec, facts).empty());
  spec.intel_rdt->clos_id = "/";
  CHECK(has(text(), "join cgroup /r/tasks"));
}

TEST_CASE("exec: CPUs before and after the container's groups") {
  oci::Process process;
  process.args = {"true"};
  process.exec_cpu_affinity = {"0", "1"};
  const std::string text = print(sandbox::compile_exec(process, {}, root_facts(), {"/g", {}}));
  CHECK(at(text, "set process.execCPUAffinity.initial 0x1") < at(text, "await the monitor"));
  CHECK(at(text, "await the monitor") < at(text, "set process.execCPUAffinity.final 0x2"));
}
