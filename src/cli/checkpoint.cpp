#include <fmt/format.h>

#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

void add_program(CommandLine& line, std::string& program) {
  line.add_value("--criu", program, "The program criu; that of the system if there is none",
                 "PROGRAM");
}

}  // namespace

int checkpoint(Context& context, const Arguments& arguments) {
  CommandLine line(
      "checkpoint [OPTIONS] CONTAINER DIR",
      "Write a running container to a directory, for `restore`, and end it. Needs CRIU "
      "and root.");
  Arguments words;
  CheckpointOptions options;
  line.add_flag("-R,--leave-running", options.leave_running, "Let it run on");
  line.add_flag("--tcp-established", options.tcp_established, "Keep open TCP connections");
  line.add_flag("--file-locks", options.file_locks, "Keep locks on files");
  std::string program;
  add_program(line, program);
  line.add_names("CONTAINER DIR", words);
  if (!line.read(arguments)) return 0;
  options.criu = program;
  if (words.size() != 2) throw UsageError("a container and a directory are wanted");
  context.container(words[0]).checkpoint(words[1], options);
  fmt::print("{}\n", words[0]);
  return 0;
}

int restore(Context& context, const Arguments& arguments) {
  CommandLine line(
      "restore [OPTIONS] DIR",
      "Make a container of a directory that `checkpoint` has written, and let it go on "
      "in the background. Prints its id.");
  Arguments words;
  RestoreOptions options;
  bool detach = false;
  line.add_value("-n,--name", options.name,
                 "Name of the container; one is made up if there is none", "NAME");
  line.add_flag("-d,--detach", detach, "Accepted for the sake of `run`: it always is");
  std::string program;
  add_program(line, program);
  line.add_names("DIR", words);
  if (!line.read(arguments)) return 0;
  options.criu = program;
  if (words.size() != 1) throw UsageError("one directory is wanted");
  Container container = context.runtime().restore(words[0], options);
  fmt::print("{}\n", std::move(container).detach());
  return 0;
}

}  // namespace containerlib::cli
