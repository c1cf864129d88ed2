#include "cli/logs.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <limits>

#include "cli/human.hpp"
#include "cli/moment.hpp"
#include "cli/quantity.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {

bool print_logs(LogReader reader, const LogPrinting& printing) {
  LogLine line;
  std::array<bool, 2> within_line = {};  // of standard output and standard error
  while (reader.next(line)) {
    if (line.time < printing.since || line.time > printing.until) continue;
    std::FILE* out = line.is_err ? stderr : stdout;
    bool& within = within_line[line.is_err];
    if (printing.timestamps && !within) fmt::print(out, "{} ", rfc3339(line.time));
    std::fwrite(line.text.data(), 1, line.text.size(), out);
    if (!line.partial) std::fputc('\n', out);
    within = line.partial;
    if (std::fflush(out) != 0) return false;
  }
  return true;
}

int logs(Context& context, const Arguments& arguments) {
  CommandLine line(
      "logs [OPTIONS] CONTAINER",
      "Show what a container has written.\n\nKept is the output of containers that were "
      "started with `run -d` or `start`.");
  Arguments names;
  bool follow = false;
  std::string tail = "all", since, until;
  LogPrinting printing;
  line.add_flag("-f,--follow", follow, "Wait for more until the container has ended");
  line.add_flag("-t,--timestamps", printing.timestamps, "Show when each line was written");
  line.add_value("-n,--tail", tail, "Only the last lines", "NUMBER|all");
  line.add_value("--since", since, "Only what was written later: 10m ago, or a date", "TIME");
  line.add_value("--until", until, "Only what was written earlier", "TIME");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  if (names.size() != 1) throw UsageError("one CONTAINER is wanted");
  const Time now = std::chrono::system_clock::now();
  if (!since.empty()) printing.since = parse_moment("--since", since, now);
  if (!until.empty()) printing.until = parse_moment("--until", until, now);
  LogOptions options{.follow = follow, .parts = true};
  if (tail != "all")
    options.tail = static_cast<std::size_t>(
        parse_number("--tail", tail, 0, std::numeric_limits<std::int64_t>::max()));
  print_logs(context.container(names[0]).logs(options), printing);
  return 0;
}

}  // namespace containerlib::cli
