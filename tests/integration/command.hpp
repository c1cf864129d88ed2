#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Starting host programs from tests.
namespace tests {

struct CommandOptions {
  std::string in = {};                                         ///< for its standard input
  std::optional<std::map<std::string, std::string>> env = {};  ///< unset: the test's own
  std::filesystem::path cwd = {};
  std::chrono::seconds timeout = std::chrono::seconds(60);
};

struct CommandResult {
  int code = 0;  ///< as a shell has it; 124 after the timeout
  std::string out = {}, err = {};
};

/// Runs a host program (looked up in PATH) to its end, with both streams captured.
CommandResult command(const std::vector<std::string>& args, const CommandOptions& = {});

/// A host program in the background, with /dev/null as input. The destructor kills and reaps it.
class Background {
 public:
  /// `out`: where standard output goes; empty: a pipe that read_line() reads.
  explicit Background(const std::vector<std::string>& args);
  Background(const Background&) = delete;
  ~Background();
  int pid() const noexcept { return pid_; }
  /// The next line of its output without the newline; empty at the end or after ten seconds.
  std::string read_line();
  void kill(int signal);
  int wait();  ///< as a shell has it

 private:
  int pid_ = -1, out_ = -1;
  std::string pending_;
};

/// Whether a program is in PATH.
bool has_program(const std::string& name);

std::string read_file(const std::filesystem::path&);
void write_file(const std::filesystem::path&, const std::string& text);
std::vector<std::string> lines_of(const std::string& text);
bool contains(const std::string& text, const std::string& part);

/// Asks until it says yes, for at most so long; what it said at last.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds within = std::chrono::seconds(5));

}  // namespace tests

#include <thread>

template <class Condition>
bool tests::eventually(Condition&& condition, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}
