#include <fmt/format.h>

#include <thread>

#include "cli/attach.hpp"
#include "cli/logs.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

int start_attached(Context& context, const std::string& name, bool interactive) {
  const SignalRelay signals;
  Container container = context.container(name);
  const auto before = std::chrono::system_clock::now();
  container.start();
  Foreground ends = foreground(container, interactive);
  if (interactive && !ends.terminal)
    fmt::print(stderr,
               "containerlib: warning: standard input is not passed on: the container was not made "
               "by `run -t` in the foreground\n");
  const std::jthread printer([&] {
    try {
      print_logs(container.logs({.follow = true}), {.since = before});
    } catch (const std::exception& error) {
      complain(error);
    }
  });
  const ExitStatus status = attend(signals, std::move(ends));
  return exit_code(status);
}

}  // namespace

int start(Context& context, const Arguments& arguments) {
  CommandLine line("start [OPTIONS] CONTAINER...",
                   "Start containers that were made or have ended.");
  Arguments names;
  bool attach = false, interactive = false;
  line.add_flag("-a,--attach", attach, "Show its output, pass signals on and wait for the end");
  line.add_flag("-i,--interactive", interactive,
                "As -a, and pass standard input on, if `run -t` made the container");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  attach = attach || interactive;
  if (attach && names.size() != 1) throw UsageError("-a and -i are for one container");
  if (attach) return start_attached(context, names[0], interactive);
  return for_each(names, [&](const std::string& name) {
    Container container = context.container(name);
    container.start();
    std::move(container).detach();
    fmt::print("{}\n", name);
  });
}

}  // namespace containerlib::cli
