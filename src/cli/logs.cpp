#include "cli/logs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <limits>

#include "cli/human.hpp"
#include "cli/quantity.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {

void print_logs(LogReader reader, const LogPrinting& printing) {
  LogLine line;
  while (reader.next(line)) {
    if (line.time < printing.since) continue;
    std::FILE* out = line.is_err ? stderr : stdout;
    if (printing.timestamps) fmt::print(out, "{} ", rfc3339(line.time));
    std::fwrite(line.text.data(), 1, line.text.size(), out);
    std::fputc('\n', out);
    if (std::fflush(out) != 0) return;
  }
}

int logs(Context& context, const Arguments& arguments) {
  CommandLine line(
      "logs [OPTIONS] CONTAINER",
      "Show what a container has written.\n\nKept is the output of containers that were "
      "started with `run -d` or `start`.");
  Arguments names;
  bool follow = false;
  std::string tail = "all";
  LogPrinting printing;
  line.add_flag("-f,--follow", follow, "Wait for more until the container has ended");
  line.add_flag("-t,--timestamps", printing.timestamps, "Show when each line was written");
  line.add_value("-n,--tail", tail, "Only the last lines", "NUMBER|all");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  if (names.size() != 1) throw UsageError("one CONTAINER is wanted");
  LogOptions options{.follow = follow};
  if (tail != "all")
    options.tail = static_cast<std::size_t>(
        parse_number("--tail", tail, 0, std::numeric_limits<std::int64_t>::max()));
  print_logs(context.container(names[0]).logs(options), printing);
  return 0;
}

}  // namespace containerlib::cli
