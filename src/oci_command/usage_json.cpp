#include "oci_command/usage_json.hpp"

#include <boost/json/array.hpp>

namespace containerlib::oci_command {
namespace bj = boost::json;
namespace {

using Usage = sys::CgroupUsage;

void set(bj::object& out, const char* key, const Usage::Count& count) {
  if (count) out[key] = *count;
}

/// Left out when there is nothing in it.
void set(bj::object& out, std::string_view key, bj::object value) {
  if (!value.empty()) out[key] = std::move(value);
}

void set(bj::object& out, const char* key, const std::vector<std::uint64_t>& counts) {
  if (!counts.empty()) out[key] = bj::array(counts.begin(), counts.end());
}

bj::object to_json(const Usage::Level& level) {
  bj::object out;
  set(out, "usage", level.usage);
  set(out, "max", level.max);
  set(out, "limit", level.limit);
  set(out, "failcnt", level.failed);
  return out;
}

void set(bj::object& out, const char* key, const std::optional<Usage::Pressure>& pressure) {
  if (!pressure) return;
  bj::object lines;
  const auto add = [&lines](const char* name, const std::optional<Usage::Pressure::Line>& line) {
    if (line)
      lines[name] = bj::object{{"avg10", line->avg10},
                               {"avg60", line->avg60},
                               {"avg300", line->avg300},
                               {"total", line->total}};
  };
  add("some", pressure->some);
  add("full", pressure->full);
  out[key] = std::move(lines);
}

bj::object cpu(const Usage& usage) {
  bj::object times, throttling, out;
  set(times, "total", usage.cpu.total);
  set(times, "user", usage.cpu.user);
  set(times, "kernel", usage.cpu.kernel);
  set(times, "percpu", usage.cpu.per_cpu);
  set(times, "percpu_user", usage.cpu.per_cpu_user);
  set(times, "percpu_kernel", usage.cpu.per_cpu_kernel);
  set(throttling, "periods", usage.cpu.periods);
  set(throttling, "throttledPeriods", usage.cpu.throttled_periods);
  set(throttling, "throttledTime", usage.cpu.throttled_time);
  set(out, "usage", std::move(times));
  set(out, "throttling", std::move(throttling));
  set(out, "psi", usage.cpu_pressure);
  return out;
}

bj::object memory(const Usage& usage) {
  bj::object out, raw;
  set(out, "cache", usage.memory.cache);
  set(out, "usage", to_json(usage.memory.usage));
  set(out, "swap", to_json(usage.memory.swap));
  set(out, "kernel", to_json(usage.memory.kernel));
  set(out, "kernelTCP", to_json(usage.memory.kernel_tcp));
  for (const auto& [key, value] : usage.memory.raw) raw[key] = value;
  set(out, "raw", std::move(raw));
  set(out, "psi", usage.memory_pressure);
  return out;
}

void set(bj::object& out, const char* key, const std::vector<Usage::IoEntry>& entries) {
  if (entries.empty()) return;
  bj::array list;
  for (const Usage::IoEntry& entry : entries)
    list.push_back(bj::object{{"major", entry.major},
                              {"minor", entry.minor},
                              {"op", entry.operation},
                              {"value", entry.value}});
  out[key] = std::move(list);
}

bj::object block_io(const Usage& usage) {
  bj::object out;
  set(out, "ioServiceBytesRecursive", usage.io.service_bytes);
  set(out, "ioServicedRecursive", usage.io.serviced);
  set(out, "ioQueueRecursive", usage.io.queued);
  set(out, "ioServiceTimeRecursive", usage.io.service_time);
  set(out, "ioWaitTimeRecursive", usage.io.wait_time);
  set(out, "ioMergedRecursive", usage.io.merged);
  set(out, "ioTimeRecursive", usage.io.time);
  set(out, "sectorsRecursive", usage.io.sectors);
  set(out, "psi", usage.io_pressure);
  return out;
}

bj::object rdma(const Usage& usage) {
  bj::object out;
  const auto add = [&out](const char* key, const std::vector<Usage::RdmaEntry>& entries) {
    bj::array list;
    for (const Usage::RdmaEntry& entry : entries) {
      bj::object item{{"device", entry.device}};
      set(item, "hcaHandles", entry.handles);
      set(item, "hcaObjects", entry.objects);
      list.push_back(std::move(item));
    }
    if (!list.empty()) out[key] = std::move(list);
  };
  add("current", usage.rdma.current);
  add("limit", usage.rdma.limit);
  return out;
}

}  // namespace

bj::object to_json(const Usage& usage) {
  bj::object out, pids, hugetlb;
  set(pids, "current", usage.pids.current);
  set(pids, "limit", usage.pids.limit);
  for (const auto& [size, level] : usage.hugetlb) set(hugetlb, size, to_json(level));
  set(out, "cpu", cpu(usage));
  set(out, "memory", memory(usage));
  set(out, "pids", std::move(pids));
  set(out, "blkio", block_io(usage));
  set(out, "hugetlb", std::move(hugetlb));
  set(out, "rdma", rdma(usage));
  return out;
}

}  // namespace containerlib::oci_command
