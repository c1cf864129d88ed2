#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// One way to start a container, as a process of its own that does one run for each byte it reads
// and answers with a line: how many nanoseconds the run took, and perhaps what else it
// measured. So the contestants can take turns,
// and what the machine does meanwhile meets them all alike.
namespace benchmarks {

class Contestant {
 public:
  /// Starts the process. `floor`: name of the contestant it is compared with.
  Contestant(std::string name, std::string floor, const std::vector<std::string>& command);
  Contestant(const Contestant&) = delete;
  ~Contestant();

  const std::string& name() const noexcept { return name_; }
  const std::string& floor() const noexcept { return floor_; }
  /// One run. False once the process has failed.
  bool run();
  bool failed() const noexcept { return in_ < 0; }
  void forget() { runs_.clear(); }  ///< all runs so far
  /// Of one column, nanoseconds all, in milliseconds.
  double min(std::size_t column = 0) const;
  double median(std::size_t column = 0) const;

 private:
  std::string name_, floor_;
  int pid_ = -1, in_ = -1, out_ = -1;
  std::vector<std::int64_t> column(std::size_t) const;  ///< sorted
  std::vector<std::vector<std::int64_t>> runs_;
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

/// The process's side: calls `work` for each byte of standard input and prints what it took.
int serve(const std::function<void()>& work);

/// Each takes one turn after the other, `runs` times after one that does not count. There and back,
/// since some of what one asks of the kernel is cheaper soon after another has asked the same.
void take_turns(Contestants&, int runs);

/// Runs `race` in a new directory, `pattern` as of mkdtemp(3), which is removed then. An exit
/// status; 77, skipped, for who is not root.
int run_race(std::string pattern, const std::function<bool(const std::filesystem::path&)>& race);

/// Name, minimum, median, and both as a ratio to the floor.
void print_table(const Contestants&);

}  // namespace benchmarks
