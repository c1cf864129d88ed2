#include "sandbox/compile/cgroup_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

constexpr const char* operation = "apply limit";

std::string digits(auto value) { return fmt::format("{}", value); }
std::string max_or(std::int64_t value) { return value < 0 ? "max" : digits(value); }

/// An optional number that is there and not 0, which runc and crun take for an unset one.
bool given(const auto& value) { return value && *value != 0; }

// memory ---------------------------------------------------------------------------------------

/// v2 counts swap alone, the spec and v1 memory and swap together.
std::int64_t swap_alone(const SettingList& list, const oci::MemoryLimits& memory) {
  if (*memory.swap < 0) return -1;
  if (memory.limit.value_or(-1) < 0)
    list.reject("memory.swap", "it counts memory and swap, so it needs memory.limit as well");
  return *memory.swap - *memory.limit;
}

void add_swap(SettingList& list, const oci::MemoryLimits& memory, bool v2) {
  // Swap above a lifted limit of memory would be a limit of memory; v1 refuses that.
  const bool lifted = memory.limit && *memory.limit < 0 && !given(memory.swap);
  if (!lifted && !given(memory.swap)) return;
  if (!lifted && *memory.swap > 0 && memory.limit.value_or(0) > *memory.swap)
    list.reject("memory.swap", "it counts memory and swap, so it cannot be below memory.limit");
  const std::int64_t value = lifted ? -1 : v2 ? swap_alone(list, memory) : *memory.swap;
  Setting& s =
      list.add("memory", "memory.swap", v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
               v2 ? max_or(value) : digits(value));
  // The files are missing where the kernel does not account swap: that limits nothing, either.
  s.optional = memory.swap_is_default || value < 0;
}

void add_memory_v1(SettingList& list, const oci::MemoryLimits& memory) {
  // -1 asks for what is so anyway, and Linux 5.16 has no limit of kernel memory to lift. 0 is what
  // `docker update` writes for what is not to be changed.
  if (memory.kernel.value_or(0) > 0)
    list.add("memory", "memory.kernel", "memory.kmem.limit_in_bytes", digits(*memory.kernel));
  if (memory.kernel_tcp)
    list.add("memory", "memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes",
             digits(*memory.kernel_tcp));
  if (memory.swappiness)
    list.add("memory", "memory.swappiness", "memory.swappiness", digits(*memory.swappiness));
  if (memory.disable_oom_killer)
    list.add("memory", "memory.disableOOMKiller", "memory.oom_control",
             *memory.disable_oom_killer ? "1" : "0");
  if (memory.use_hierarchy)
    list.add("memory", "memory.useHierarchy", "memory.use_hierarchy",
             *memory.use_hierarchy ? "1" : "0");
}

/// What v1 has and v2 has not; what asks for v2's own ways is no error.
void refuse_memory_v2(const SettingList& list, const oci::MemoryLimits& memory) {
  const char* reason = "cgroup v2 has no such limit: kernel memory is part of memory.limit";
  if (memory.kernel.value_or(0) > 0) list.refuse("memory.kernel", reason);
  if (memory.kernel_tcp.value_or(-1) >= 0) list.refuse("memory.kernelTCP", reason);
  if (memory.swappiness) list.refuse("memory.swappiness", "cgroup v2 has no swappiness of a group");
  if (memory.disable_oom_killer.value_or(false))
    list.refuse("memory.disableOOMKiller", "cgroup v2 cannot disable it");
  if (!memory.use_hierarchy.value_or(true))
    list.refuse("memory.useHierarchy", "cgroup v2 is always hierarchical");
}

void add_memory(SettingList& list, const oci::MemoryLimits& memory) {
  const bool v2 = list.v2("memory");
  if (memory.swappiness.value_or(0) > 100) list.reject("memory.swappiness", "more than 100");
  if (given(memory.limit))
    list.add("memory", "memory.limit", v2 ? "memory.max" : "memory.limit_in_bytes",
             v2 ? max_or(*memory.limit) : digits(*memory.limit));
  add_swap(list, memory, v2);
  if (given(memory.reservation))
    list.add("memory", "memory.reservation", v2 ? "memory.low" : "memory.soft_limit_in_bytes",
             v2 ? max_or(*memory.reservation) : digits(*memory.reservation));
  if (v2) {
    refuse_memory_v2(list, memory);
  } else {
    add_memory_v1(list, memory);
  }
  if (v2 && memory.oom_group)
    list.add("memory", "memory.limit", "memory.oom.group", "1").optional = true;
}

// cpu ------------------------------------------------------------------------------------------

std::uint64_t shares_of_weight(std::uint64_t weight) {
  return std::clamp<std::uint64_t>(weight * 1024 / 100, 2, 262144);
}

void add_weight(SettingList& list, const oci::CpuLimits& cpu, bool v2) {
  // The kernel takes no weight for a group that is idle, which has the least of all.
  if (cpu.idle.value_or(0) == 1) return;
  if (v2 && (cpu.weight || given(cpu.shares)))
    list.add("cpu", "cpu.shares", "cpu.weight",
             digits(cpu.weight ? *cpu.weight : weight_of_shares(*cpu.shares)));
  if (!v2 && (given(cpu.shares) || cpu.weight))
    list.add("cpu", "cpu.shares", "cpu.shares",
             digits(given(cpu.shares) ? *cpu.shares : shares_of_weight(*cpu.weight)));
}

void add_bandwidth(SettingList& list, const oci::CpuLimits& cpu, bool v2) {
  if (v2 && (given(cpu.quota) || given(cpu.period))) {
    // The period that is not written stays as it is.
    const std::string quota = given(cpu.quota) ? max_or(*cpu.quota) : "max";
    list.add("cpu", given(cpu.quota) ? "cpu.quota" : "cpu.period", "cpu.max",
             given(cpu.period) ? fmt::format("{} {}", quota, *cpu.period) : quota);
  }
  if (!v2 && given(cpu.period))
    list.add("cpu", "cpu.period", "cpu.cfs_period_us", digits(*cpu.period));
  if (!v2 && given(cpu.quota)) list.add("cpu", "cpu.quota", "cpu.cfs_quota_us", digits(*cpu.quota));
  if (!cpu.burst) return;
  if (cpu.quota.value_or(0) > 0 && *cpu.burst > static_cast<std::uint64_t>(*cpu.quota))
    list.reject("cpu.burst", "more than cpu.quota");
  list.add("cpu", "cpu.burst", v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", digits(*cpu.burst));
}

void add_realtime(SettingList& list, const oci::CpuLimits& cpu, bool v2) {
  const char* reason = "cgroup v2 limits no realtime processes";
  if (v2 && given(cpu.realtime_period)) list.refuse("cpu.realtimePeriod", reason);
  if (v2 && given(cpu.realtime_runtime)) list.refuse("cpu.realtimeRuntime", reason);
  if (given(cpu.realtime_period))
    list.add("cpu", "cpu.realtimePeriod", "cpu.rt_period_us", digits(*cpu.realtime_period));
  if (given(cpu.realtime_runtime))
    list.add("cpu", "cpu.realtimeRuntime", "cpu.rt_runtime_us", digits(*cpu.realtime_runtime));
}

void add_cpu(SettingList& list, const oci::CpuLimits& cpu) {
  const bool v2 = list.v2("cpu");
  if (cpu.idle) list.add("cpu", "cpu.idle", "cpu.idle", digits(*cpu.idle));
  add_weight(list, cpu, v2);
  add_bandwidth(list, cpu, v2);
  add_realtime(list, cpu, v2);
  if (!cpu.cpus.empty()) list.add("cpuset", "cpu.cpus", "cpuset.cpus", cpu.cpus);
  if (!cpu.mems.empty()) list.add("cpuset", "cpu.mems", "cpuset.mems", cpu.mems);
}

void add_pids(SettingList& list, const oci::Resources& r) {
  if (!r.pids_limit) return;
  const sys::Controller* pids = list.facts().find("pids");
  if (r.pids_limit_is_default && !(pids && pids->version != 0)) return;
  // With a limit of 0 the process that it is for could not be made; with 1 it can make no other.
  list.add("pids", "pids.limit", "pids.max", *r.pids_limit == 0 ? "1" : max_or(*r.pids_limit))
      .optional = r.pids_limit_is_default;
}

}  // namespace

// The curve that runc and crun have used since 2025: 2 is 1, 1024 (the default) is 100, 262144 is
// 10000. The older one, a line from 2 to 262144, made the default 39, so containers got less CPU
// time than everything else. Here its values at the powers of two, and lines between them: the
// functions of libm would be the only reason why the OCI command loads that.
std::uint64_t weight_of_shares(std::uint64_t shares) {
  constexpr std::uint64_t weights[] = {1,   2,   3,   5,   8,   12,   21,   35,   59,
                                       100, 174, 303, 532, 942, 1681, 3023, 5478, 10000};
  if (shares <= 2) return weights[0];
  if (shares >= 262144) return weights[17];
  const int power = std::bit_width(shares) - 1;
  const std::uint64_t low = std::uint64_t{1} << power;
  const std::uint64_t from = weights[power - 1], to = weights[power];
  return from + ((to - from) * (shares - low) + low - 1) / low;
}

bool SettingList::v2(const char* controller) const {
  const sys::Controller* c = facts_.find(controller);
  return !c || c->version != 1;
}

Setting& SettingList::add(const char* controller, const std::string& field, std::string file,
                          std::string value) {
  const sys::Controller* c = facts_.find(controller);
  if (!c || c->version == 0)
    refuse(field, fmt::format("cgroup controller {}: {}", controller,
                              c ? c->reason : "this kernel has none, or it is not mounted"));
  return settings_.emplace_back(
      Setting{controller, "linux.resources." + field, std::move(file), std::move(value)});
}

void SettingList::add_file(const std::string& controller, const std::string& field,
                           std::string file, std::string value) {
  if (facts_.find(controller)) {
    add(controller.c_str(), field, std::move(file), std::move(value));
  } else {
    settings_.push_back(
        {controller, "linux.resources." + field, std::move(file), std::move(value)});
  }
}

void SettingList::refuse(const std::string& field, const std::string& reason) const {
  throw_error(Errc::unsupported, operation, "linux.resources." + field, reason);
}

void SettingList::reject(const std::string& field, const std::string& reason) const {
  throw_error(Errc::invalid_option, operation, "linux.resources." + field, reason);
}

std::vector<Setting> cgroup_settings(const oci::Resources& r, const sys::CgroupFacts& facts) {
  SettingList list(facts);
  add_memory(list, r.memory);
  add_cpu(list, r.cpu);
  add_pids(list, r);
  add_block(list, r.block);
  add_hugepages(list, r.hugepages);
  add_rdma(list, r.rdma);
  add_network(list, r.network);
  add_unified(list, r.unified);
  return list.take();
}

}  // namespace containerlib::sandbox
