#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto unknown = "--";

struct Sample {
  ContainerInfo info;
  std::optional<Stats> stats;  ///< empty unless it runs
  Clock::time_point taken;
};

// What limits a container that has no limit.
Bytes memory_of_host() {
  return {static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
          static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

Sample sample(Context& context, const std::string& name) {
  const Container container = context.container(name);
  Sample result{container.inspect(), std::nullopt, Clock::now()};
  if (Result<Stats> stats = container.try_stats()) {
    result.stats = *stats;
    if (result.stats->memory)
      result.stats->memory_limit =
          std::min(stats->memory_limit.value_or(memory_of_host()), memory_of_host());
  }
  return result;
}

std::string size_or_unknown(const std::optional<Bytes>& bytes, std::string (*text)(std::uint64_t)) {
  return bytes ? text(bytes->count) : unknown;
}

std::string cpu_percent(const Sample& before, const Sample& now) {
  if (!before.stats || !now.stats || !before.stats->cpu || !now.stats->cpu) return unknown;
  const std::chrono::duration<double> used = *now.stats->cpu - *before.stats->cpu;
  const std::chrono::duration<double> passed = now.taken - before.taken;
  return fmt::format("{:.2f}%", passed.count() > 0 ? 100 * used / passed : 0.0);
}

std::string memory_percent(const Stats& stats) {
  if (!stats.memory || !stats.memory_limit || stats.memory_limit->count == 0) return unknown;
  return fmt::format("{:.2f}%", 100 * static_cast<double>(stats.memory->count) /
                                    static_cast<double>(stats.memory_limit->count));
}

json::object row_of(const Sample& before, const Sample& now, bool full) {
  const Stats stats = now.stats.value_or(Stats{});
  const std::string id = full ? now.info.id : short_id(now.info.id);
  return {{"BlockIO", fmt::format("{} / {}", size_or_unknown(stats.read, decimal_size),
                                  size_or_unknown(stats.written, decimal_size))},
          {"CPUPerc", cpu_percent(before, now)},
          {"Container", id},
          {"ID", id},
          {"MemPerc", memory_percent(stats)},
          {"MemUsage", fmt::format("{} / {}", size_or_unknown(stats.memory, binary_size),
                                   size_or_unknown(stats.memory_limit, binary_size))},
          {"Name", now.info.name},
          {"NetIO", "-- / --"},
          {"PIDs", stats.pids ? std::to_string(*stats.pids) : unknown}};
}

const std::map<std::string, std::string> headers = {
    {"BlockIO", "BLOCK I/O"}, {"CPUPerc", "CPU %"}, {"Container", "CONTAINER"},
    {"ID", "CONTAINER ID"},   {"MemPerc", "MEM %"}, {"MemUsage", "MEM USAGE / LIMIT"},
    {"Name", "NAME"},         {"NetIO", "NET I/O"}, {"PIDs", "PIDS"}};

// Those that were named, which must be there; else those that run at the moment.
std::vector<std::string> chosen(Context& context, const Arguments& names, bool all) {
  if (!names.empty()) return names;
  std::vector<std::string> ids;
  for (const ContainerInfo& info : context.runtime().containers())
    if (all || info.state == ContainerState::running || info.state == ContainerState::paused)
      ids.push_back(info.id);
  return ids;
}

std::vector<Sample> samples(Context& context, const Arguments& names, bool all) {
  std::vector<Sample> result;
  for (const std::string& name : chosen(context, names, all)) {
    try {
      result.push_back(sample(context, name));
    } catch (const Error& error) {
      // One that has gone since it was listed is left out.
      if (!names.empty() || error.code() != Errc::container_not_found) throw;
    }
  }
  return result;
}

Listing listing_of(const std::vector<Sample>& before, const std::vector<Sample>& now, bool full) {
  Listing listing{
      "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t"
      "{{.PIDs}}",
      headers,
      {}};
  for (const Sample& sample : now) {
    const Sample* earlier = &sample;
    for (const Sample& candidate : before)
      if (candidate.info.id == sample.info.id) earlier = &candidate;
    listing.rows.push_back(row_of(*earlier, sample, full));
  }
  return listing;
}

}  // namespace

int stats(Context& context, const Arguments& arguments) {
  CommandLine line("stats [OPTIONS] [CONTAINER...]",
                   "Show what running containers use, again and again on a terminal.\n\n\"--\" is "
                   "what this host cannot tell; `info` says why.");
  Arguments names;
  bool all = false, once = false, full = false;
  std::string format;
  line.add_flag("-a,--all", all, "Those that do not run, too");
  line.add_flag("--no-stream", once, "Only once; so it is when the output is no terminal");
  line.add_flag("--no-trunc", full, "Do not shorten");
  line.add_value("--format", format, "table, json, or a Go template: {{.Name}} {{.MemUsage}}",
                 "FORMAT");
  line.add_names("CONTAINER", names, false);
  if (!line.read(arguments)) return 0;
  once = once || !is_terminal(1);
  std::vector<Sample> before = samples(context, names, all);
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(once ? 500 : 1000));
    std::vector<Sample> now = samples(context, names, all);
    const std::string text = shown(listing_of(before, now, full), format);
    if (!once) fmt::print("\033[H\033[2J");
    fmt::print("{}", text);
    std::fflush(stdout);
    if (once) return 0;
    before = std::move(now);
  }
}

}  // namespace containerlib::cli
