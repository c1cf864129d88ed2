#include <fmt/format.h>

#include <stdexcept>

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

// `stop -s`: the library's stop() knows the container's own signal only.
void stop_with(Container& container, int signal, Milliseconds grace) {
  if (const Result<void> sent = container.try_kill(signal); !sent) {
    if (sent.error().code() == Errc::not_running) return;
    sent.value();
  }
  if (container.inspect().state == ContainerState::paused) container.resume();
  if (!container.wait_for(grace)) container.stop(Milliseconds(0));
}

void require_paused(const Container& container, bool paused) {
  const ContainerState state = container.inspect().state;
  if (state == ContainerState::paused && !paused)
    throw std::runtime_error(fmt::format("container {} is already paused", container.name()));
  if (state == ContainerState::running && paused)
    throw std::runtime_error(fmt::format("container {} is not paused", container.name()));
}

}  // namespace

int stop(Context& context, const Arguments& arguments) {
  CommandLine line("stop [OPTIONS] CONTAINER...",
                   "Stop containers, all at once: their stop signal, and KILL for those that are "
                   "still there.");
  Arguments names;
  std::string grace, name_of_signal;
  line.add_value("-t,--time,--timeout", grace, "Wait so long before KILL (10); -1 is for ever",
                 "SECONDS");
  line.add_value("-s,--signal", name_of_signal, "Instead of the container's stop signal", "SIGNAL");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  if (!grace.empty()) parse_seconds("--time", grace);
  const int signal = name_of_signal.empty() ? 0 : parse_signal("--signal", name_of_signal);
  context.runtime();  // before the threads
  return for_each_at_once(names, [&](const std::string& name) {
    Container container = context.container(name);
    const Milliseconds time = grace_of(container, grace);
    if (signal)
      stop_with(container, signal, time);
    else
      container.stop(time);
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
               "Hold all processes of containers until `unpause`.", [](Container& container) {
                 require_paused(container, false);
                 container.pause();
               });
}

int unpause(Context& context, const Arguments& arguments) {
  return plain(context, arguments, "unpause CONTAINER...", "Let paused containers go on.",
               [](Container& container) {
                 require_paused(container, true);
                 container.resume();
               });
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
  bool force = false, volumes = false;
  line.add_flag("-f,--force", force, "Kill those that run; missing ones are no error");
  line.add_flag("-v,--volumes", volumes, "Accepted for docker's sake: there are no volumes");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  return for_each(names, [&](const std::string& name) {
    std::optional<Container> container = context.find(name);
    if (!container && force) return;
    if (!container) throw Error(Errc::container_not_found, "remove container", name);
    container->remove(force);
    fmt::print("{}\n", name);
  });
}

}  // namespace containerlib::cli
