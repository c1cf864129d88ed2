#include <fmt/format.h>

#include "cli/options.hpp"
#include "cli/quantity.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

// A verb that takes names only, does one thing to each and prints it.
int plain(Context& context, const Arguments& arguments, const char* usage, const char* description,
          void (*work)(Container&)) {
  CommandLine line(usage, description);
  Arguments names;
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  return for_each(names, [&](const std::string& name) {
    Container container = context.container(name);
    work(container);
    fmt::print("{}\n", name);
  });
}

Milliseconds grace_of(const Container& container, const std::string& flag) {
  if (!flag.empty()) return parse_seconds("--time", flag);
  const auto labels = container.inspect().labels;
  const auto kept = labels.find(stop_timeout_label);
  if (kept == labels.end()) return std::chrono::seconds(10);
  return parse_seconds(stop_timeout_label, kept->second);
}

}  // namespace

int stop(Context& context, const Arguments& arguments) {
  CommandLine line("stop [OPTIONS] CONTAINER...",
                   "Stop containers: their stop signal, and KILL for those that are still there.");
  Arguments names;
  std::string grace;
  line.add_value("-t,--time,--timeout", grace, "Wait so long before KILL (10); -1 is for ever",
                 "SECONDS");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  if (!grace.empty()) parse_seconds("--time", grace);
  return for_each(names, [&](const std::string& name) {
    Container container = context.container(name);
    container.stop(grace_of(container, grace));
    fmt::print("{}\n", name);
  });
}

int kill(Context& context, const Arguments& arguments) {
  CommandLine line("kill [OPTIONS] CONTAINER...", "Send a signal to process 1 of containers.");
  Arguments names;
  std::string name_of_signal = "KILL";
  line.add_value("-s,--signal", name_of_signal, "Name or number (KILL)", "SIGNAL");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  const int signal = parse_signal("--signal", name_of_signal);
  return for_each(names, [&](const std::string& name) {
    context.container(name).kill(signal);
    fmt::print("{}\n", name);
  });
}

int pause(Context& context, const Arguments& arguments) {
  return plain(context, arguments, "pause CONTAINER...",
               "Hold all processes of containers until `unpause`.",
               [](Container& container) { container.pause(); });
}

int unpause(Context& context, const Arguments& arguments) {
  return plain(context, arguments, "unpause CONTAINER...", "Let paused containers go on.",
               [](Container& container) { container.resume(); });
}

int wait(Context& context, const Arguments& arguments) {
  CommandLine line("wait CONTAINER...",
                   "Wait for containers to end and print their exit codes, a line each.");
  Arguments names;
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  return for_each(names, [&](const std::string& name) {
    fmt::print("{}\n", context.container(name).wait().shell_code());
    std::fflush(stdout);
  });
}

int remove(Context& context, const Arguments& arguments) {
  CommandLine line("rm [OPTIONS] CONTAINER...", "Remove containers and their file systems.");
  Arguments names;
  bool force = false;
  line.add_flag("-f,--force", force, "Kill those that run; missing ones are no error");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  return for_each(names, [&](const std::string& name) {
    std::optional<Container> container = context.runtime().find(name);
    if (!container && force) return;
    if (!container) throw Error(Errc::container_not_found, "remove container", name);
    container->remove(force);
    fmt::print("{}\n", name);
  });
}

}  // namespace containerlib::cli
