#include "linux/cgroup_usage.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

using Count = CgroupUsage::Count;
using Level = CgroupUsage::Level;
using IoEntry = CgroupUsage::IoEntry;
using Word = std::vector<std::string_view>;

std::string text_of(const std::string& file) { return read_host_file(file).value_or(""); }

/// A file with one number; "max" is unset.
Count number_in(const std::string& file) {
  const std::string text = text_of(file);
  const std::vector<std::string_view> line = lines(text);
  return line.empty() ? Count() : parse_number(line[0]);
}

/// v1 has the largest multiple of the page size below 2^63 for no limit.
Count v1_limit(const std::string& file) {
  const Count limit = number_in(file);
  return limit && *limit < std::uint64_t{1} << 62 ? limit : Count();
}

Count keyed(const std::string& text, const char* key) {
  return parse_number(keyed_value(text, key));
}

Count times(Count value, std::uint64_t factor) { return value ? Count(*value * factor) : value; }

template <class Each>
void each_line(const std::string& text, Each&& each) {
  for (const std::string_view line : lines(text)) each(words(line));
}

std::map<std::string, std::uint64_t> keyed_numbers(const std::string& text) {
  std::map<std::string, std::uint64_t> out;
  each_line(text, [&](const Word& word) {
    if (word.size() != 2) return;
    if (const Count value = parse_number(word[1])) out[std::string(word[0])] = *value;
  });
  return out;
}

/// "1.50"; 0 for anything else. strtod(3) would read it by the rules of the host's locale.
double decimal(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "8:16"
std::optional<std::pair<std::uint64_t, std::uint64_t>> device_number(std::string_view text) {
  const std::vector<std::string_view> part = split(text, ':');
  if (part.size() != 2) return {};
  const Count major = parse_number(part[0]), minor = parse_number(part[1]);
  if (!major || !minor) return {};
  return std::pair(*major, *minor);
}

// cpu ------------------------------------------------------------------------------------------

void add_throttling(CgroupUsage::Cpu& cpu, const std::string& stat, const char* time,
                    std::uint64_t unit) {
  cpu.periods = keyed(stat, "nr_periods");
  cpu.throttled_periods = keyed(stat, "nr_throttled");
  cpu.throttled_time = times(keyed(stat, time), unit);
}

void add_v2_cpu(CgroupUsage::Cpu& cpu, const std::string& group) {
  const std::string stat = text_of(group + "/cpu.stat");
  cpu.total = times(keyed(stat, "usage_usec"), 1000);
  cpu.user = times(keyed(stat, "user_usec"), 1000);
  cpu.kernel = times(keyed(stat, "system_usec"), 1000);
  add_throttling(cpu, stat, "throttled_usec", 1000);
}

void add_cpuacct(CgroupUsage::Cpu& cpu, const std::string& group) {
  const auto tick = static_cast<std::uint64_t>(1000000000 / ::sysconf(_SC_CLK_TCK));
  cpu.total = number_in(group + "/cpuacct.usage");
  const std::string stat = text_of(group + "/cpuacct.stat");
  cpu.user = times(keyed(stat, "user"), tick);
  cpu.kernel = times(keyed(stat, "system"), tick);
  cpu.per_cpu.clear();
  const std::string per_cpu = text_of(group + "/cpuacct.usage_percpu");
  for (const std::string_view word : words(lines(per_cpu).empty() ? "" : lines(per_cpu)[0]))
    if (const Count value = parse_number(word)) cpu.per_cpu.push_back(*value);
  // "cpu user system", then a line for each CPU.
  each_line(text_of(group + "/cpuacct.usage_all"), [&](const Word& word) {
    if (word.size() != 3 || !parse_number(word[0])) return;
    cpu.per_cpu_user.push_back(parse_number(word[1]).value_or(0));
    cpu.per_cpu_kernel.push_back(parse_number(word[2]).value_or(0));
  });
}

// memory ---------------------------------------------------------------------------------------

Count sum(Count a, Count b) { return a && b ? Count(*a + *b) : Count(); }

void add_v2_memory(CgroupUsage::Memory& memory, const std::string& group) {
  memory.usage = {number_in(group + "/memory.current"), number_in(group + "/memory.peak"),
                  number_in(group + "/memory.max"),
                  keyed(text_of(group + "/memory.events"), "max")};
  memory.swap.usage = sum(memory.usage.usage, number_in(group + "/memory.swap.current"));
  memory.swap.limit = sum(memory.usage.limit, number_in(group + "/memory.swap.max"));
  memory.swap.failed = keyed(text_of(group + "/memory.swap.events"), "fail");
  memory.raw = keyed_numbers(text_of(group + "/memory.stat"));
  if (const auto file = memory.raw.find("file"); file != memory.raw.end())
    memory.cache = file->second;
}

Level v1_level(const std::string& prefix) {
  return {number_in(prefix + ".usage_in_bytes"), number_in(prefix + ".max_usage_in_bytes"),
          v1_limit(prefix + ".limit_in_bytes"), number_in(prefix + ".failcnt")};
}

void add_v1_memory(CgroupUsage::Memory& memory, const std::string& group) {
  memory.usage = v1_level(group + "/memory");
  memory.swap = v1_level(group + "/memory.memsw");
  memory.kernel = v1_level(group + "/memory.kmem");
  memory.kernel_tcp = v1_level(group + "/memory.kmem.tcp");
  memory.raw = keyed_numbers(text_of(group + "/memory.stat"));
  if (const auto cache = memory.raw.find("cache"); cache != memory.raw.end())
    memory.cache = cache->second;
}

// io -------------------------------------------------------------------------------------------

/// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"
void add_v2_io(CgroupUsage::Io& io, const std::string& group) {
  struct Kind {
    std::string_view key;
    const char* operation;
    std::vector<IoEntry>& to;
  };
  const Kind kinds[] = {
      {"rbytes", "Read", io.service_bytes},    {"wbytes", "Write", io.service_bytes},
      {"dbytes", "Discard", io.service_bytes}, {"rios", "Read", io.serviced},
      {"wios", "Write", io.serviced},          {"dios", "Discard", io.serviced}};
  each_line(text_of(group + "/io.stat"), [&](const Word& word) {
    const auto device = word.empty() ? std::nullopt : device_number(word[0]);
    if (!device) return;
    for (const std::string_view item : word)
      for (const Kind& kind : kinds)
        if (item.starts_with(kind.key) && item.substr(kind.key.size(), 1) == "=")
          kind.to.push_back({device->first, device->second, kind.operation,
                             parse_number(item.substr(kind.key.size() + 1)).value_or(0)});
  });
}

/// "8:0 Read 1", or "8:0 1"
std::vector<IoEntry> blkio(const std::string& file) {
  std::vector<IoEntry> out;
  each_line(text_of(file), [&](const Word& word) {
    const auto device = word.empty() ? std::nullopt : device_number(word[0]);
    if (!device || word.size() > 3 || word.size() < 2) return;
    if (const Count value = parse_number(word.back()))
      out.push_back({device->first, device->second,
                     word.size() == 3 ? std::string(word[1]) : std::string(), *value});
  });
  return out;
}

/// What the scheduler BFQ counts, where it is in use; else what the throttling layer does.
void add_v1_io(CgroupUsage::Io& io, const std::string& group) {
  const std::string bfq = group + "/blkio.bfq.", throttle = group + "/blkio.throttle.";
  const auto either = [&](const char* name) {
    std::vector<IoEntry> entries = blkio(bfq + name);
    return entries.empty() ? blkio(throttle + name) : entries;
  };
  io.service_bytes = either("io_service_bytes_recursive");
  io.serviced = either("io_serviced_recursive");
  io.queued = blkio(bfq + "io_queued_recursive");
  io.service_time = blkio(bfq + "io_service_time_recursive");
  io.wait_time = blkio(bfq + "io_wait_time_recursive");
  io.merged = blkio(bfq + "io_merged_recursive");
  io.time = blkio(bfq + "time_recursive");
  io.sectors = blkio(bfq + "sectors_recursive");
}

// others ---------------------------------------------------------------------------------------

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// The page sizes of files like "hugetlb.2MB.current".
std::vector<std::string> page_sizes(const std::string& group, const std::string& end) {
  const std::string start = "hugetlb.";
  std::vector<std::string> out;
  const std::unique_ptr<DIR, CloseDirectory> open(::opendir(group.c_str()));
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (!name.starts_with(start) || !name.ends_with(end)) continue;
    const std::string size = name.substr(start.size(), name.size() - start.size() - end.size());
    if (size.find('.') == std::string::npos) out.push_back(size);
  }
  return out;
}

void add_hugetlb(CgroupUsage& usage, const std::string& group) {
  for (const std::string& size : page_sizes(group, ".current")) {
    const std::string prefix = group + "/hugetlb." + size;
    usage.hugetlb[size] = {number_in(prefix + ".current"),
                           {},
                           number_in(prefix + ".max"),
                           keyed(text_of(prefix + ".events"), "max")};
  }
  for (const std::string& size : page_sizes(group, ".usage_in_bytes"))
    usage.hugetlb[size] = v1_level(group + "/hugetlb." + size);
}

/// "mlx5_0 hca_handle=2 hca_object=max"
std::vector<CgroupUsage::RdmaEntry> rdma(const std::string& file) {
  constexpr std::string_view handles = "hca_handle=", objects = "hca_object=";
  std::vector<CgroupUsage::RdmaEntry> out;
  each_line(text_of(file), [&](const Word& word) {
    if (word.empty()) return;
    CgroupUsage::RdmaEntry entry;
    entry.device = word[0];
    for (const std::string_view item : word) {
      if (item.starts_with(handles)) entry.handles = parse_number(item.substr(handles.size()));
      if (item.starts_with(objects)) entry.objects = parse_number(item.substr(objects.size()));
    }
    out.push_back(std::move(entry));
  });
  return out;
}

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
std::optional<CgroupUsage::Pressure> pressure(const std::string& file) {
  // Opened, it may be switched off: then reading fails.
  const std::optional<std::string> text = read_host_file(file);
  if (!text) return {};
  CgroupUsage::Pressure out;
  each_line(*text, [&](const Word& word) {
    CgroupUsage::Pressure::Line line;
    for (const std::string_view item : word) {
      const std::string_view value = item.substr(std::min(item.find('=') + 1, item.size()));
      if (item.starts_with("avg10=")) line.avg10 = decimal(value);
      if (item.starts_with("avg60=")) line.avg60 = decimal(value);
      if (item.starts_with("avg300=")) line.avg300 = decimal(value);
      if (item.starts_with("total=")) line.total = parse_number(value).value_or(0);
    }
    if (!word.empty() && word[0] == "some") out.some = line;
    if (!word.empty() && word[0] == "full") out.full = line;
  });
  return out;
}

void add_pids(CgroupUsage& usage, const std::string& group) {
  usage.pids = {number_in(group + "/pids.current"), number_in(group + "/pids.max")};
}

void add_rdma(CgroupUsage& usage, const std::string& group) {
  usage.rdma = {rdma(group + "/rdma.current"), rdma(group + "/rdma.max")};
}

void add_v1(CgroupUsage& usage, const std::string& controller, const std::string& group) {
  if (controller == "memory") add_v1_memory(usage.memory, group);
  if (controller == "cpuacct") add_cpuacct(usage.cpu, group);
  if (controller == "cpu")
    add_throttling(usage.cpu, text_of(group + "/cpu.stat"), "throttled_time", 1);
  if (controller == "pids") add_pids(usage, group);
  if (controller == "io") add_v1_io(usage.io, group);
  if (controller == "hugetlb") add_hugetlb(usage, group);
  if (controller == "rdma") add_rdma(usage, group);
}

}  // namespace

CgroupUsage cgroup_usage(const CgroupDirs& dirs) {
  CgroupUsage usage;
  if (const std::string& group = dirs.unified; !group.empty()) {
    add_v2_cpu(usage.cpu, group);
    add_v2_memory(usage.memory, group);
    add_pids(usage, group);
    add_v2_io(usage.io, group);
    add_hugetlb(usage, group);
    add_rdma(usage, group);
    usage.cpu_pressure = pressure(group + "/cpu.pressure");
    usage.memory_pressure = pressure(group + "/memory.pressure");
    usage.io_pressure = pressure(group + "/io.pressure");
  }
  for (const auto& [controller, group] : dirs.v1) add_v1(usage, controller, group);
  return usage;
}

}  // namespace containerlib::sys
