#include "cli/attach.hpp"
#include "cli/background.hpp"
#include "cli/environment.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

// A process ends with the one that started it, so this one leaves a keeper behind.
int exec_detached(Context& context, const std::string& name, Arguments command,
                  ExecOptions options) {
  options.out = options.err = Stream::discard();
  in_background([&](const std::function<void()>& ready) {
    Container container = context.container(name);
    Process process = container.spawn(std::move(command), options);
    ready();
    process.wait();
  });
  return 0;
}

}  // namespace

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
  const std::string name = std::move(words->front());
  words->erase(words->begin());
  ExecOptions options{.env = environment(env_files, env), .cwd = workdir, .user = parse_user(user)};
  if (detach) return exec_detached(context, name, std::move(*words), std::move(options));
  streams.check();
  streams.apply(options);
  const SignalRelay signals;
  Container container = context.container(name);
  Process process = container.spawn(std::move(*words), options);
  return exit_code(attend(signals, foreground(process, streams.interactive)));
}

}  // namespace containerlib::cli
