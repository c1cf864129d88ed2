#include <functional>

#include "linux/cgroup.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

using Count = std::optional<std::uint64_t>;

/// A file with one number; "max" (v2's word for no limit) is unset.
Count number_in(const std::string& file) {
  const std::string text = read_host_file(file).value_or("");
  const std::vector<std::string_view> line = lines(text);
  return line.empty() ? Count() : parse_number(line[0]);
}

Count keyed(const std::string& file, const char* key) {
  return parse_number(keyed_value(read_host_file(file).value_or(""), key));
}

/// The sum over all lines of the word after `key`, by `value_of`; unset when no line has it.
Count sum(const std::string& file,
          const std::function<Count(const std::vector<std::string_view>&)>& value_of) {
  Count total;
  const std::string text = read_host_file(file).value_or("");
  for (const std::string_view line : lines(text))
    if (const Count value = value_of(words(line))) total = total.value_or(0) + *value;
  return total;
}

/// io.stat: "8:0 rbytes=1 wbytes=2 rios=3 …"
Count io_stat(const std::string& group, std::string_view key) {
  return sum(group + "/io.stat", [key](const std::vector<std::string_view>& word) -> Count {
    for (const std::string_view item : word)
      if (item.starts_with(key) && item.substr(key.size(), 1) == "=")
        return parse_number(item.substr(key.size() + 1));
    return {};
  });
}

/// blkio.throttle.io_service_bytes_recursive: "8:0 Read 1"
Count blkio_bytes(const std::string& group, std::string_view direction) {
  return sum(group + "/blkio.throttle.io_service_bytes_recursive",
             [direction](const std::vector<std::string_view>& word) -> Count {
               if (word.size() != 3 || word[1] != direction) return {};
               return parse_number(word[2]);
             });
}

CgroupStats v2_stats(const std::string& group) {
  CgroupStats stats;
  stats.memory = number_in(group + "/memory.current");
  stats.memory_peak = number_in(group + "/memory.peak");  // Linux 5.19
  stats.memory_limit = number_in(group + "/memory.max");
  stats.cpu_microseconds = keyed(group + "/cpu.stat", "usage_usec");
  stats.pids = number_in(group + "/pids.current");
  stats.pids_limit = number_in(group + "/pids.max");
  stats.read_bytes = io_stat(group, "rbytes");
  stats.written_bytes = io_stat(group, "wbytes");
  stats.oom_kills = keyed(group + "/memory.events", "oom_kill");
  return stats;
}

void add_v1_memory(CgroupStats& stats, const std::string& group) {
  // Without a limit the file has the largest multiple of the page size below 2^63.
  constexpr std::uint64_t no_limit = std::uint64_t{1} << 62;
  stats.memory = number_in(group + "/memory.usage_in_bytes");
  stats.memory_peak = number_in(group + "/memory.max_usage_in_bytes");
  const Count limit = number_in(group + "/memory.limit_in_bytes");
  if (limit && *limit < no_limit) stats.memory_limit = limit;
  stats.oom_kills = keyed(group + "/memory.oom_control", "oom_kill");
}

void add_v1(CgroupStats& stats, const std::string& controller, const std::string& group) {
  if (controller == "memory") add_v1_memory(stats, group);
  if (controller == "cpuacct")
    if (const Count nanoseconds = number_in(group + "/cpuacct.usage"))
      stats.cpu_microseconds = *nanoseconds / 1000;
  if (controller == "pids") {
    stats.pids = number_in(group + "/pids.current");
    stats.pids_limit = number_in(group + "/pids.max");
  }
  if (controller == "io") {
    stats.read_bytes = blkio_bytes(group, "Read");
    stats.written_bytes = blkio_bytes(group, "Write");
  }
}

}  // namespace

CgroupStats cgroup_stats(const CgroupDirs& dirs) {
  CgroupStats stats;
  if (!dirs.unified.empty()) stats = v2_stats(dirs.unified);
  for (const auto& [controller, group] : dirs.v1) add_v1(stats, controller, group);
  return stats;
}

}  // namespace containerlib::sys
