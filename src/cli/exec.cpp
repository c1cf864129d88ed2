#include <fmt/format.h>

#include "cli/attach.hpp"
#include "cli/environment.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {

int exec(Context& context, const Arguments& arguments) {
  CommandLine line("exec [OPTIONS] CONTAINER COMMAND [ARG...]",
                   "Run a command in a container that runs.\n\nExit codes as those of `run`.");
  StandardStreams streams;
  bool detach = false;
  std::string workdir, user;
  std::vector<std::string> env, env_files;
  line.add_flag("-i,--interactive", streams.interactive, "Pass standard input on");
  line.add_flag("-t,--tty", streams.tty, "Give it a terminal");
  line.add_flag("-d,--detach", detach, "Do not wait for its end");
  line.add_repeated("-e,--env", env, "Set a variable", "NAME[=VALUE]");
  line.add_repeated("--env-file", env_files, "Set the variables of a file, a line each", "FILE");
  line.add_value("-w,--workdir", workdir, "Working directory; else the container's", "DIR");
  line.add_value("-u,--user", user, "User; else the container's", "USER[:GROUP]");
  std::optional<Arguments> words = line.read_leading(arguments);
  if (!words) return 0;
  if (words->size() < 2) throw UsageError("a CONTAINER and a COMMAND are wanted");
  Container container = context.container(words->front());
  words->erase(words->begin());

  ExecOptions options{.env = environment(env_files, env), .cwd = workdir, .user = user};
  if (streams.tty && !options.env.contains("TERM")) options.env["TERM"] = "xterm";
  if (detach) {
    options.out = options.err = Stream::discard();
    // Kept from its destructor, which would kill it: the container's own monitor reaps it.
    [[maybe_unused]] const auto* left = new Process(container.spawn(std::move(*words), options));
    return 0;
  }
  streams.check();
  streams.apply(options);
  const SignalRelay signals;
  Process process = container.spawn(std::move(*words), options);
  return exit_code(attend(signals, foreground(process, streams.interactive)));
}

}  // namespace containerlib::cli
