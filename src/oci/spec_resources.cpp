#include <algorithm>

#include "base/broken.hpp"
#include "oci/spec_sections.hpp"

// `linux.resources` (config-linux.md, "Control groups").
namespace containerlib::oci {
namespace bj = boost::json;
namespace {

constexpr std::int64_t no_limit = -1, largest = std::numeric_limits<std::int64_t>::max();

void read_memory(const Field& memory, MemoryLimits& out) {
  read_range(memory["limit"], no_limit, largest, out.limit);
  read_range(memory["reservation"], no_limit, largest, out.reservation);
  read_range(memory["swap"], no_limit, largest, out.swap);
  read_range(memory["kernel"], no_limit, largest, out.kernel);
  read_range(memory["kernelTCP"], no_limit, largest, out.kernel_tcp);
  read_range(memory["swappiness"], 0, 100, out.swappiness);
  read(memory["disableOOMKiller"], out.disable_oom_killer);
  read(memory["useHierarchy"], out.use_hierarchy);
  read(memory["checkBeforeUpdate"], out.check_before_update);
}

void read_cpu(const Field& cpu, CpuLimits& out) {
  read(cpu["shares"], out.shares);
  read(cpu["quota"], out.quota);
  const Field burst = cpu["burst"];
  read(burst, out.burst);
  if (out.burst && out.quota && *out.quota > 0 &&
      *out.burst > static_cast<std::uint64_t>(*out.quota))
    burst.refuse("no more than quota");
  read(cpu["period"], out.period);
  read(cpu["realtimeRuntime"], out.realtime_runtime);
  read(cpu["realtimePeriod"], out.realtime_period);
  read_number_list(cpu["cpus"], out.cpus);
  read_number_list(cpu["mems"], out.mems);
  read_range(cpu["idle"], 0, 1, out.idle);
}

void read_numbers(const Field& device, std::int64_t& major, std::int64_t& minor) {
  read_range(device.required("major"), 0, largest, major);
  read_range(device.required("minor"), 0, largest, minor);
}

void read_block(const Field& block, BlockLimits& out) {
  read(block["weight"], out.weight);
  read(block["leafWeight"], out.leaf_weight);
  read(block["weightDevice"], out.devices);
  read(block["throttleReadBpsDevice"], out.read_bps);
  read(block["throttleWriteBpsDevice"], out.write_bps);
  read(block["throttleReadIOPSDevice"], out.read_iops);
  read(block["throttleWriteIOPSDevice"], out.write_iops);
}

/// "2MB": a size without a leading zero, in K, M or G.
bool is_page_size(std::string_view text) {
  if (!text.ends_with('B') || text.size() < 3) return false;
  text.remove_suffix(1);
  if (std::string_view("KMG").find(text.back()) == std::string_view::npos) return false;
  text.remove_suffix(1);
  return text.front() != '0' && text.find_first_not_of("0123456789") == text.npos;
}

void read_network(const Field& network, NetworkLimits& out) {
  read(network["classID"], out.class_id);
  network["priorities"].elements([&](const Field& entry) {
    const Field name = entry.required("name");
    std::uint32_t priority = 0;
    read(entry.required("priority"), priority);
    if (!out.priorities.emplace(name.text(), priority).second) name.refuse("each interface once");
  });
}

void read_rdma(const Field& devices, std::map<std::string, RdmaLimit>& out) {
  devices.members([&](std::string_view name, const Field& device) {
    if (name.empty()) devices.refuse("the name of a device as the key");
    RdmaLimit limit;
    read(device["hcaHandles"], limit.handles);
    read(device["hcaObjects"], limit.objects);
    if (!limit.handles && !limit.objects) device.refuse("hcaHandles, hcaObjects or both");
    out.emplace(name, limit);
  });
}

/// A key is a file of the cgroup, and must not lead out of it.
void read_unified(const Field& files, std::map<std::string, std::string>& out) {
  read(files, out);
  for (const auto& [name, text] : out)
    if ((name.find('/') != name.npos || name == "." || name == "..") && !broken("SEC-16"))
      files.refuse("the names of files as keys, without a slash");
}

bj::object json_of(const MemoryLimits& memory) {
  bj::object out;
  put(out, "limit", memory.limit);
  put(out, "reservation", memory.reservation);
  put(out, "swap", memory.swap);
  put(out, "kernel", memory.kernel);
  put(out, "kernelTCP", memory.kernel_tcp);
  put(out, "swappiness", memory.swappiness);
  put(out, "disableOOMKiller", memory.disable_oom_killer);
  put(out, "useHierarchy", memory.use_hierarchy);
  put(out, "checkBeforeUpdate", memory.check_before_update);
  return out;
}

bj::object json_of(const CpuLimits& cpu) {
  bj::object out;
  put(out, "shares", cpu.shares);
  put(out, "quota", cpu.quota);
  put(out, "burst", cpu.burst);
  put(out, "period", cpu.period);
  put(out, "realtimeRuntime", cpu.realtime_runtime);
  put(out, "realtimePeriod", cpu.realtime_period);
  put(out, "cpus", cpu.cpus);
  put(out, "mems", cpu.mems);
  put(out, "idle", cpu.idle);
  return out;
}

bj::object json_of(const BlockLimits& block) {
  bj::object out;
  put(out, "weight", block.weight);
  put(out, "leafWeight", block.leaf_weight);
  put(out, "weightDevice", block.devices);
  put(out, "throttleReadBpsDevice", block.read_bps);
  put(out, "throttleWriteBpsDevice", block.write_bps);
  put(out, "throttleReadIOPSDevice", block.read_iops);
  put(out, "throttleWriteIOPSDevice", block.write_iops);
  return out;
}

bj::object json_of(const NetworkLimits& network) {
  bj::object out;
  put(out, "classID", network.class_id);
  bj::array priorities;
  for (const auto& [name, priority] : network.priorities)
    priorities.push_back({{"name", name}, {"priority", priority}});
  if (!priorities.empty()) out["priorities"] = std::move(priorities);
  return out;
}

bj::object json_of(const std::map<std::string, RdmaLimit>& devices) {
  bj::object out;
  for (const auto& [name, limit] : devices) {
    bj::object device;
    put(device, "hcaHandles", limit.handles);
    put(device, "hcaObjects", limit.objects);
    out[name] = std::move(device);
  }
  return out;
}

}  // namespace

// Not in the unnamed namespace: the templates find these by their argument.

static void read(const Field& device, BlockWeight& out) {
  read_numbers(device, out.major, out.minor);
  read(device["weight"], out.weight);
  read(device["leafWeight"], out.leaf_weight);
  if (!out.weight && !out.leaf_weight) device.refuse("weight, leafWeight or both");
}

static void read(const Field& device, BlockThrottle& out) {
  read_numbers(device, out.major, out.minor);
  read(device.required("rate"), out.rate);
}

static void read(const Field& limit, HugepageLimit& out) {
  const Field size = limit.required("pageSize");
  out.page_size = size.text();
  if (!is_page_size(out.page_size)) size.refuse("a size like 64KB, 2MB or 1GB");
  read(limit.required("limit"), out.limit);
}

static void read(const Field& rule, DeviceRule& out) {
  read(rule.required("allow"), out.allow);
  const Field type = rule["type"], access = rule["access"];
  std::string letter;
  read(type, letter);
  if (!letter.empty()) out.type = letter[0];
  if (letter.size() > 1 || std::string_view("abc").find(out.type) == std::string_view::npos)
    type.refuse("a, b or c");
  // Engines also write -1 for "any".
  read_range(rule["major"], -1, largest, out.major);
  read_range(rule["minor"], -1, largest, out.minor);
  if (out.major == -1) out.major.reset();
  if (out.minor == -1) out.minor.reset();
  read(access, out.access);
  if (out.access.find_first_not_of("rwm") != std::string::npos) access.refuse("letters of rwm");
}

static bj::object json_of(const BlockWeight& device) {
  bj::object out{{"major", device.major}, {"minor", device.minor}};
  put(out, "weight", device.weight);
  put(out, "leafWeight", device.leaf_weight);
  return out;
}

static bj::object json_of(const BlockThrottle& device) {
  return {{"major", device.major}, {"minor", device.minor}, {"rate", device.rate}};
}

static bj::object json_of(const HugepageLimit& limit) {
  return {{"pageSize", limit.page_size}, {"limit", limit.limit}};
}

static bj::object json_of(const DeviceRule& rule) {
  bj::object out{{"allow", rule.allow}};
  if (rule.type != 'a') out["type"] = std::string(1, rule.type);
  put(out, "major", rule.major);
  put(out, "minor", rule.minor);
  put(out, "access", rule.access);
  return out;
}

void read(const Field& resources, Resources& out) {
  read(resources["devices"], out.devices);
  read_memory(resources["memory"], out.memory);
  read_cpu(resources["cpu"], out.cpu);
  const Field pids = resources["pids"];
  read(pids["limit"], out.pids_limit);
  read_block(resources["blockIO"], out.block);
  read(resources["hugepageLimits"], out.hugepages);
  read_rdma(resources["rdma"], out.rdma);
  read_network(resources["network"], out.network);
  read_unified(resources["unified"], out.unified);
}

bj::object json_of(const Resources& resources) {
  bj::object out;
  put(out, "devices", resources.devices);
  put(out, "memory", json_of(resources.memory));
  put(out, "cpu", json_of(resources.cpu));
  if (resources.pids_limit) out["pids"] = {{"limit", *resources.pids_limit}};
  put(out, "blockIO", json_of(resources.block));
  put(out, "hugepageLimits", resources.hugepages);
  put(out, "rdma", json_of(resources.rdma));
  put(out, "network", json_of(resources.network));
  auto unified = resources.unified;
  // The specification has shares only; this file is what our own weight means.
  if (resources.cpu.weight) unified.emplace("cpu.weight", std::to_string(*resources.cpu.weight));
  put(out, "unified", unified);
  return out;
}

}  // namespace containerlib::oci
