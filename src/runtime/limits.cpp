#include "runtime/limits.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <limits>

#include "linux/text.hpp"
#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

using namespace literals;

// Below this the kernel cannot even keep the page tables of a shell; docker's figure too.
constexpr Bytes memory_minimum = 6_MiB;
constexpr std::uint64_t cpu_period = 100'000;  // microseconds
constexpr double cpus_minimum = 0.01;          // the kernel's least quota is 1 ms
constexpr unsigned cpu_number_maximum = 8192;

void set_memory(const Limits& limits, oci::Resources& to) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / 2;
  if (limits.memory_reservation) {
    const std::uint64_t reserved = limits.memory_reservation->count;
    if (reserved > (limits.memory ? limits.memory->count : most))
      invalid("limits.memory_reservation", "it cannot be above limits.memory");
    to.memory.reservation = static_cast<std::int64_t>(reserved);
  }
  if (limits.memory_swap && limits.unlimited_swap)
    invalid("limits.unlimited_swap", "there is a limits.memory_swap");
  if (!limits.memory) {
    if (limits.memory_swap) invalid("limits.memory_swap", "needs limits.memory as well");
    return;
  }
  const std::uint64_t memory = limits.memory->count;
  if (*limits.memory < memory_minimum)
    invalid("limits.memory", fmt::format("{} bytes; the minimum is 6 MiB", memory));
  if (memory > most) invalid("limits.memory", "too large");
  to.memory.limit = static_cast<std::int64_t>(memory);
  to.memory.oom_group = true;
  if (limits.unlimited_swap) {
    to.memory.swap = -1;
    return;
  }
  // As docker: as much swap again as memory, unless told otherwise.
  to.memory.swap_is_default = !limits.memory_swap;
  const std::uint64_t with_swap = limits.memory_swap ? limits.memory_swap->count : 2 * memory;
  if (with_swap < memory)
    invalid("limits.memory_swap", "it counts memory and swap, so it cannot be below limits.memory");
  if (with_swap > 2 * most) invalid("limits.memory_swap", "too large");
  to.memory.swap = static_cast<std::int64_t>(with_swap);
}

void set_cpus(const Limits& limits, std::size_t online, oci::Resources& to) {
  if (!limits.cpus) return;
  const double cpus = *limits.cpus;
  if (!std::isfinite(cpus) || cpus <= 0) invalid("limits.cpus", "must be greater than 0");
  if (cpus < cpus_minimum) invalid("limits.cpus", "the minimum is 0.01");
  if (cpus > static_cast<double>(online))
    invalid("limits.cpus", fmt::format("{} asked for, this host has {}", cpus, online));
  to.cpu.period = cpu_period;
  to.cpu.quota = std::llround(cpus * static_cast<double>(cpu_period));
}

void set_cpu_weight(const Limits& limits, oci::Resources& to) {
  if (limits.cpu_shares) {
    if (limits.cpu_weight) invalid("limits.cpu_shares", "there is a limits.cpu_weight");
    if (*limits.cpu_shares < 2 || *limits.cpu_shares > 262'144)
      invalid("limits.cpu_shares", "must be from 2 to 262144");
    to.cpu.shares = *limits.cpu_shares;
  }
  if (!limits.cpu_weight) return;
  if (*limits.cpu_weight < 1 || *limits.cpu_weight > 10'000)
    invalid("limits.cpu_weight", "must be from 1 to 10000");
  to.cpu.weight = *limits.cpu_weight;
}

void check_list(const std::string& list, const char* field, const char* kind,
                const std::set<unsigned>& online) {
  for (const unsigned number : parse_cpu_list(list, field))
    if (!online.contains(number))
      invalid(field,
              fmt::format("this host has no {} {}, only {}", kind, number, fmt::join(online, ",")));
}

void set_cpuset(const Limits& limits, const std::set<unsigned>& cpus,
                const std::set<unsigned>& nodes, oci::Resources& to) {
  if (!limits.cpuset_cpus.empty())
    check_list(limits.cpuset_cpus, "limits.cpuset_cpus", "CPU", cpus);
  if (!limits.cpuset_mems.empty())
    check_list(limits.cpuset_mems, "limits.cpuset_mems", "memory node", nodes);
  to.cpu.cpus = limits.cpuset_cpus;
  to.cpu.mems = limits.cpuset_mems;
}

void set_pids(const Limits& limits, oci::Resources& to) {
  constexpr std::int64_t by_default = 2048;
  to.pids_limit_is_default = !limits.pids;
  if (!limits.pids) {
    to.pids_limit = by_default;
  } else if (*limits.pids > 0) {
    to.pids_limit = *limits.pids;
  }
}

void set_io(const Limits& limits, oci::Resources& to) {
  for (const IoLimit& limit : limits.io) {
    const std::string device = limit.device.string();
    struct stat status;
    if (::stat(device.c_str(), &status) != 0) throw_errno(errno, "use io limit of device", device);
    if (!S_ISBLK(status.st_mode)) invalid("limits.io.device", device + " is no block device");
    const auto add = [&](auto value, std::vector<oci::BlockThrottle>& list) {
      if (!value) return;
      if (*value == 0) invalid("limits.io", "a rate of 0 would stop " + device);
      list.push_back({major(status.st_rdev), minor(status.st_rdev), *value});
    };
    const auto count = [](std::optional<Bytes> bytes) -> std::optional<std::uint64_t> {
      if (!bytes) return {};
      return bytes->count;
    };
    add(count(limit.read_bytes_per_second), to.block.read_bps);
    add(count(limit.write_bytes_per_second), to.block.write_bps);
    add(limit.read_operations_per_second, to.block.read_iops);
    add(limit.write_operations_per_second, to.block.write_iops);
  }
}

/// What the kernel lists in a file, or else `otherwise`.
std::set<unsigned> read_list(const char* path, const std::string& otherwise) {
  std::string text = sys::read_host_file(path).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return parse_cpu_list(text.empty() ? otherwise : text, path);
}

}  // namespace

std::set<unsigned> online_cpus() {
  return read_list("/sys/devices/system/cpu/online",
                   fmt::format("0-{}", std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)) - 1));
}

std::set<unsigned> online_nodes() { return read_list("/sys/devices/system/node/online", "0"); }

std::set<unsigned> parse_cpu_list(std::string_view text, const std::string& field) {
  std::set<unsigned> out;
  const auto bad = [&] { invalid(field, "\"" + printable(text) + "\" is no list like 0-1,3"); };
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&] {
    unsigned value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > cpu_number_maximum) bad();
    at = next;
    return value;
  };
  for (;;) {
    const unsigned first = number();
    unsigned last = first;
    if (at != end && *at == '-') {
      ++at;
      last = number();
    }
    if (last < first) bad();
    for (unsigned cpu = first; cpu <= last; ++cpu) out.insert(cpu);
    if (at == end) return out;
    if (*at++ != ',') bad();
  }
}

oci::Resources to_resources(const Limits& limits, const std::set<unsigned>& cpus,
                            const std::set<unsigned>& nodes) {
  oci::Resources out;
  set_memory(limits, out);
  set_cpus(limits, cpus.size(), out);
  set_cpu_weight(limits, out);
  set_cpuset(limits, cpus, nodes, out);
  set_pids(limits, out);
  set_io(limits, out);
  return out;
}

}  // namespace containerlib::runtime
