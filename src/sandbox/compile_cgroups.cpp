#include <fmt/format.h>
#include <linux/sched.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "sandbox/compiler.hpp"

namespace containerlib::sandbox {
namespace {

struct Setting {
  const char* controller;
  std::string file, value;
  bool optional = false;
};

std::string throttle_line(const oci::BlockThrottle& t, const char* key) {
  return key ? fmt::format("{}:{} {}={}", t.major, t.minor, key, t.rate)
             : fmt::format("{}:{} {}", t.major, t.minor, t.rate);
}

void add_io(std::vector<Setting>& out, const oci::Resources& r, int version) {
  struct Kind {
    const std::vector<oci::BlockThrottle>& list;
    const char *v2_key, *v1_file;
  };
  const Kind kinds[] = {{r.block.read_bps, "rbps", "blkio.throttle.read_bps_device"},
                        {r.block.write_bps, "wbps", "blkio.throttle.write_bps_device"},
                        {r.block.read_iops, "riops", "blkio.throttle.read_iops_device"},
                        {r.block.write_iops, "wiops", "blkio.throttle.write_iops_device"}};
  for (const Kind& kind : kinds)
    for (const oci::BlockThrottle& t : kind.list)
      out.push_back({"io", version == 2 ? "io.max" : kind.v1_file,
                     throttle_line(t, version == 2 ? kind.v2_key : nullptr)});
}

/// cpu.shares (2 to 262144, default 1024) and cpu.weight (1 to 10000, default 100) of the same
/// worth.
std::uint64_t weight_of(const oci::Resources& r) {
  return r.cpu.weight ? *r.cpu.weight
                      : std::clamp<std::uint64_t>(*r.cpu.shares * 100 / 1024, 1, 10000);
}
std::uint64_t shares_of(const oci::Resources& r) {
  return r.cpu.shares ? *r.cpu.shares
                      : std::clamp<std::uint64_t>(*r.cpu.weight * 1024 / 100, 2, 262144);
}

std::string max_or(std::int64_t value) { return value < 0 ? "max" : fmt::format("{}", value); }

void add_memory(std::vector<Setting>& out, const oci::Resources& r, int version) {
  const bool v2 = version == 2;
  if (r.memory.limit)
    out.push_back({"memory", v2 ? "memory.max" : "memory.limit_in_bytes",
                   v2 ? max_or(*r.memory.limit) : fmt::format("{}", *r.memory.limit)});
  if (r.memory.swap) {
    // v2 counts swap alone, the spec and v1 memory and swap together. The files are missing where
    // the kernel does not account swap.
    std::int64_t swap = *r.memory.swap < 0 ? -1 : *r.memory.swap - r.memory.limit.value_or(0);
    out.push_back({"memory", v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
                   v2 ? max_or(swap) : fmt::format("{}", *r.memory.swap),
                   r.memory.swap_is_default});
  }
  if (r.memory.reservation)
    out.push_back({"memory", v2 ? "memory.low" : "memory.soft_limit_in_bytes",
                   fmt::format("{}", *r.memory.reservation)});
  if (v2 && r.memory.limit) out.push_back({"memory", "memory.oom.group", "1", true});
}

void add_cpu(std::vector<Setting>& out, const oci::Resources& r, int version) {
  const bool v2 = version == 2;
  if (r.cpu.shares || r.cpu.weight)
    out.push_back({"cpu", v2 ? "cpu.weight" : "cpu.shares",
                   fmt::format("{}", v2 ? weight_of(r) : shares_of(r))});
  if (!r.cpu.quota) return;
  std::uint64_t period = r.cpu.period.value_or(100000);
  if (v2) {
    out.push_back({"cpu", "cpu.max", fmt::format("{} {}", max_or(*r.cpu.quota), period)});
  } else {
    out.push_back({"cpu", "cpu.cfs_period_us", fmt::format("{}", period)});
    out.push_back({"cpu", "cpu.cfs_quota_us", fmt::format("{}", *r.cpu.quota)});
  }
}

std::vector<Setting> settings(const oci::Resources& r, const sys::CgroupFacts& cgroups) {
  const auto version = [&](const char* name) {
    const sys::Controller* c = cgroups.find(name);
    return c && c->version == 1 ? 1 : 2;
  };
  std::vector<Setting> out;
  add_memory(out, r, version("memory"));
  add_cpu(out, r, version("cpu"));
  if (!r.cpu.cpus.empty()) out.push_back({"cpuset", "cpuset.cpus", r.cpu.cpus});
  if (!r.cpu.mems.empty()) out.push_back({"cpuset", "cpuset.mems", r.cpu.mems});
  add_io(out, r, version("io"));
  if (r.pids_limit) out.push_back({"pids", "pids.max", max_or(*r.pids_limit)});
  return out;
}

[[noreturn]] void refuse(const Setting& s, const sys::Controller* c) {
  throw_error(Errc::unsupported, std::string("apply limit ") + s.file, s.value,
              fmt::format("cgroup controller {}: {}", s.controller,
                          c && !c->reason.empty() ? c->reason : "this kernel has none"));
}

bool usable(const sys::CgroupFacts& cgroups, const char* name) {
  const sys::Controller* c = cgroups.find(name);
  return c && c->version != 0;
}

}  // namespace

std::vector<std::string> joined_v1_controllers(const oci::RuntimeSpec& spec,
                                               const sys::HostFacts& facts) {
  std::vector<std::string> out;
  const auto join = [&](const std::string& name) {
    const sys::Controller* c = facts.cgroups.find(name);
    if (c && c->version == 1 && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  };
  join("memory");
  if (spec.resources.pids_limit) join("pids");
  for (const Setting& s : settings(spec.resources, facts.cgroups)) join(s.controller);
  if (facts.cgroups.unified.empty()) {  // no cgroup.freeze, no cpu.stat
    join("freezer");
    join("cpuacct");
  }
  return out;
}

void Compiler::await_cgroups() {
  if (std::exchange(awaited_cgroups, true)) return;
  plan.inside.push_back(plain_step(Op::await));
  if (isolates("cgroup")) plan.inside.push_back({.op = Op::unshare, .unshare = {CLONE_NEWCGROUP}});
}

void Compiler::cgroups() {
  const sys::CgroupFacts& cgroups = facts.cgroups;
  if (!cgroups.unified.empty()) {
    std::string dir = cgroups.unified + "/" + spec.id;
    plan.before.push_back({.op = Op::make_cgroup, .make_cgroup = {plan.text(dir)}});
    plan.header.cgroup = plan.text(dir);
  }
  std::vector<std::string> made;
  for (const std::string& name : joined_v1_controllers(spec, facts)) {
    std::string dir = cgroups.find(name)->base + "/" + spec.id;
    // Two controllers may be bound to one hierarchy ("cpu,cpuacct").
    if (std::find(made.begin(), made.end(), dir) != made.end()) continue;
    made.push_back(dir);
    plan.after.push_back({.op = Op::make_cgroup, .make_cgroup = {plan.text(dir)}});
    if (name == "cpuset")
      plan.after.push_back({.op = Op::init_cpuset, .init_cpuset = {plan.text(dir)}});
  }
  for (const Setting& s : settings(spec.resources, cgroups)) {
    const sys::Controller* c = cgroups.find(s.controller);
    if (!usable(cgroups, s.controller)) {
      if (spec.resources.pids_limit_is_default && s.file == std::string("pids.max")) continue;
      refuse(s, c);
    }
    std::string file = c->base + "/" + spec.id + "/" + s.file;
    auto& steps = c->version == 2 ? plan.before : plan.after;
    steps.push_back(
        {.op = Op::write_file, .write_file = {plan.text(file), plan.text(s.value), s.optional}});
  }
  for (const std::string& dir : made)
    plan.after.push_back(
        {.op = Op::join_cgroup, .join_cgroup = {plan.text(dir + "/cgroup.procs")}});
}

}  // namespace containerlib::sandbox
