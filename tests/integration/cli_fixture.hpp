#pragma once
#include <regex>

#include "integration/fixture.hpp"

namespace tests {

/// The command with the program's own data directory.
class Cli : public Containers {
 public:
  /// The words that start it.
  Args words(const Args& args) const {
    Args all = {CONTAINERLIB_COMMAND, "--root", host.root, "--run-root", host.run_root};
    all.insert(all.end(), args.begin(), args.end());
    return all;
  }
  CommandResult cli(const Args& args, CommandOptions options = {}) const {
    return command(words(args), options);
  }
  /// A shell script in which "$@" is the command: what a shell does around it.
  CommandResult sh(const std::string& script, const Args& args, CommandOptions options = {}) const {
    Args all = words(args);
    all.insert(all.begin(), {"sh", "-c", script, "sh"});
    return command(all, options);
  }
  /// Its output without the last newline; the test fails unless it exits with 0.
  std::string out(const Args& args, CommandOptions options = {}) const {
    const CommandResult done = cli(args, options);
    CHECK_MESSAGE(done.code == 0, args[0] << " " << (args.size() > 1 ? args[1] : "") << ": "
                                          << done.code << " " << done.err);
    return without_newline(done.out);
  }
};

inline bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

}  // namespace tests
