#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "cli/attach.hpp"
#include "cli/logs.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

[[noreturn]] void fail(const char* operation) {
  throw Error({errno, std::generic_category()}, operation);
}

void replace_standard_input(int fd) {
  if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) fail("replace standard input");
}

/// What a container made with `create -i` inherits as its input: nothing, this command's own, or
/// for a terminal a pipe, so that the container gets no hold of the terminal.
struct Input {
  Fd source = {}, pipe = {};  ///< to copy from and to; empty when there is nothing to copy

  explicit Input(bool interactive) {
    if (!interactive) {
      const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
      replace_standard_input(nothing.get());
    } else if (is_terminal(STDIN_FILENO)) {
      int ends[2] = {-1, -1};
      if (pipe2(ends, O_CLOEXEC) != 0) fail("make a pipe");
      const Fd read_end(ends[0]);
      pipe.reset(ends[1]);
      source.reset(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
      if (!source) fail("duplicate standard input");
      replace_standard_input(read_end.get());
    }
  }
  /// The start has taken its copy; the last reader of the pipe is then the container.
  void started() {
    if (!pipe) return;
    const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    replace_standard_input(nothing.get());
  }
};

int start_attached(Context& context, const std::string& name, bool interactive) {
  const SignalRelay signals;
  Input input(interactive);
  Container container = context.container(name);
  const auto before = std::chrono::system_clock::now();
  container.start();
  input.started();
  Foreground ends = foreground(container, interactive);
  if (input.pipe) {
    ends.in = std::move(input.pipe);
    ends.source = input.source.get();
  }
  std::thread printer([&] {
    try {
      print_logs(container.logs({.follow = true}), {.since = before});
    } catch (const std::exception& error) {
      complain(error);
    }
  });
  const ExitStatus status = attend(signals, std::move(ends));
  printer.join();
  std::move(container).detach();
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
                "With -a: pass standard input on to a container made with -i");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  if ((attach || interactive) && names.size() != 1)
    throw UsageError("-a and -i are for one container");
  if (attach || interactive) return start_attached(context, names[0], interactive);
  const Input nothing(false);
  return for_each(names, [&](const std::string& name) {
    Container container = context.container(name);
    container.start();
    std::move(container).detach();
    fmt::print("{}\n", name);
  });
}

}  // namespace containerlib::cli
