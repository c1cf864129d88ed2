#include "cli/limit_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "cli/quantity.hpp"

namespace containerlib::cli {
namespace {

IoLimit& limit_of(std::vector<IoLimit>& limits, const std::string& device) {
  for (IoLimit& limit : limits)
    if (limit.device == device) return limit;
  limits.push_back({.device = device});
  return limits.back();
}

constexpr std::int64_t any_number = std::numeric_limits<std::int64_t>::max();

std::optional<Bytes> size_or_none(std::string_view flag, const std::string& text) {
  if (text.empty()) return {};
  const Bytes size = parse_size(flag, text);
  return size.count == 0 ? std::optional<Bytes>() : size;
}

std::uint64_t parse_ulimit_number(const std::string& text) {
  if (text == "-1" || text == "unlimited") return Ulimit::unlimited;
  return static_cast<std::uint64_t>(parse_number("--ulimit", text, 0, any_number));
}

}  // namespace

void LimitFlags::add_to(CommandLine& line) {
  line.add_value("-m,--memory", memory_, "Limit of memory", "SIZE");
  line.add_value("--memory-swap", memory_swap_, "Limit of memory and swap together; -1 is none",
                 "SIZE");
  line.add_value("--memory-reservation", memory_reservation_,
                 "What is taken last when the host is short of memory", "SIZE");
  line.add_value("--cpus", cpus_, "Number of CPUs it may keep busy", "NUMBER");
  line.add_value("--cpu-quota", cpu_quota_, "Microseconds of CPU time in each --cpu-period",
                 "NUMBER");
  line.add_value("--cpu-period", cpu_period_, "Of --cpu-quota, in microseconds (100000)", "NUMBER");
  line.add_value("-c,--cpu-shares", cpu_shares_, "Its share when CPUs are short, 2 to 262144",
                 "SHARES");
  line.add_value("--cpuset-cpus", cpuset_cpus_, "CPUs it may use: 0-1,3", "LIST");
  line.add_value("--cpuset-mems", cpuset_mems_, "Memory nodes it may use", "LIST");
  line.add_value("--pids-limit", pids_limit_, "Number of processes and threads; -1 is no limit",
                 "NUMBER");
  line.add_repeated("--device-read-bps", read_bps_, "Read at most so much a second", "DEVICE:SIZE");
  line.add_repeated("--device-write-bps", write_bps_, "Write at most so much a second",
                    "DEVICE:SIZE");
  line.add_repeated("--device-read-iops", read_iops_, "Reads a second", "DEVICE:NUMBER");
  line.add_repeated("--device-write-iops", write_iops_, "Writes a second", "DEVICE:NUMBER");
  line.add_repeated("--ulimit", ulimits_, "A limit for each process: nofile=1024:2048",
                    "NAME=SOFT[:HARD]");
}

Limits LimitFlags::limits() const {
  Limits limits{.cpuset_cpus = cpuset_cpus_, .cpuset_mems = cpuset_mems_, .io = io_limits()};
  apply_memory(limits);
  apply_cpus(limits);
  if (!pids_limit_.empty()) {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    limits.pids = static_cast<std::uint32_t>(
        std::max<std::int64_t>(0, parse_number("--pids-limit", pids_limit_, -1, most)));
  }
  return limits;
}

void LimitFlags::apply_memory(Limits& limits) const {
  limits.memory = size_or_none("--memory", memory_);
  limits.memory_reservation = size_or_none("--memory-reservation", memory_reservation_);
  limits.unlimited_swap = memory_swap_ == "-1";
  if (!limits.unlimited_swap) limits.memory_swap = size_or_none("--memory-swap", memory_swap_);
}

void LimitFlags::apply_cpus(Limits& limits) const {
  const double cpus = cpus_.empty() ? 0 : parse_cpus("--cpus", cpus_);
  if (cpus > 0) limits.cpus = cpus;
  if (!cpu_quota_.empty() || !cpu_period_.empty()) {
    if (limits.cpus) throw UsageError("--cpus and --cpu-quota or --cpu-period exclude each other");
    const auto period =
        cpu_period_.empty() ? 100000 : parse_number("--cpu-period", cpu_period_, 1000, 1000000);
    const auto quota =
        cpu_quota_.empty() ? 0 : parse_number("--cpu-quota", cpu_quota_, -1, any_number);
    if (quota > 0) limits.cpus = static_cast<double>(quota) / static_cast<double>(period);
  }
  if (!cpu_shares_.empty() && cpu_shares_ != "0")
    limits.cpu_shares =
        static_cast<std::uint32_t>(parse_number("--cpu-shares", cpu_shares_, 2, 262144));
}

std::vector<Ulimit> LimitFlags::ulimits() const {
  std::vector<Ulimit> ulimits;
  for (const std::string& text : ulimits_) ulimits.push_back(parse_ulimit(text));
  return ulimits;
}

std::vector<IoLimit> LimitFlags::io_limits() const {
  std::vector<IoLimit> limits;
  const auto each = [&](const char* flag, const std::vector<std::string>& values, auto&& apply) {
    for (const std::string& text : values) {
      const auto [device, value] = split_device(flag, text);
      apply(limit_of(limits, device), value);
    }
  };
  const auto operations = [](const char* flag, const std::string& value) {
    return static_cast<std::uint64_t>(
        parse_number(flag, value, 1, std::numeric_limits<std::int64_t>::max()));
  };
  each("--device-read-bps", read_bps_, [](IoLimit& limit, const std::string& value) {
    limit.read_bytes_per_second = parse_size("--device-read-bps", value);
  });
  each("--device-write-bps", write_bps_, [](IoLimit& limit, const std::string& value) {
    limit.write_bytes_per_second = parse_size("--device-write-bps", value);
  });
  each("--device-read-iops", read_iops_, [&](IoLimit& limit, const std::string& value) {
    limit.read_operations_per_second = operations("--device-read-iops", value);
  });
  each("--device-write-iops", write_iops_, [&](IoLimit& limit, const std::string& value) {
    limit.write_operations_per_second = operations("--device-write-iops", value);
  });
  return limits;
}

std::pair<std::string, std::string> split_device(const std::string& flag, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || text[0] != '/')
    throw UsageError(fmt::format("invalid {} \"{}\": DEVICE:VALUE is wanted", flag, text));
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Ulimit parse_ulimit(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(fmt::format("invalid --ulimit \"{}\": NAME=SOFT[:HARD] is wanted", text));
  const std::size_t colon = text.find(':', equals);
  const std::uint64_t soft = parse_ulimit_number(text.substr(equals + 1, colon - equals - 1));
  return {.name = text.substr(0, equals),
          .soft = soft,
          .hard = colon == std::string::npos ? soft : parse_ulimit_number(text.substr(colon + 1))};
}

}  // namespace containerlib::cli
