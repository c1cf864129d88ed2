#include "benchmarks/contestant.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace benchmarks {
namespace {

void make_pipe(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
}

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

Contestant::Contestant(std::string name, std::string floor, const std::vector<std::string>& command)
    : name_(std::move(name)), floor_(std::move(floor)) {
  int to[2], from[2];
  make_pipe(to);
  make_pipe(from);
  std::vector<char*> args;
  for (const std::string& arg : command) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  ::posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  const int error = ::posix_spawnp(&pid_, args[0], &actions, nullptr, args.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);
  ::close(to[0]);
  ::close(from[1]);
  in_ = to[1];
  out_ = from[0];
}

Contestant::~Contestant() {
  if (in_ >= 0) ::close(in_);
  ::waitpid(pid_, nullptr, 0);
  ::close(out_);
}

bool Contestant::run() {
  if (in_ < 0) return false;
  const std::string line = ::write(in_, "", 1) == 1 ? read_line(out_) : "";
  if (line.empty()) {
    ::close(in_);
    in_ = -1;
    return false;
  }
  std::istringstream numbers(line);
  runs_.emplace_back();
  for (std::int64_t number = 0; numbers >> number;) runs_.back().push_back(number);
  return true;
}

std::vector<std::int64_t> Contestant::column(std::size_t column) const {
  std::vector<std::int64_t> out;
  for (const auto& run : runs_) out.push_back(run.at(column));
  std::sort(out.begin(), out.end());
  return out;
}

double Contestant::min(std::size_t column) const {
  return runs_.empty() ? 0 : double(this->column(column).front()) / 1e6;
}

double Contestant::median(std::size_t column) const {
  return runs_.empty() ? 0 : double(this->column(column)[runs_.size() / 2]) / 1e6;
}

int serve(const std::function<void()>& work) {
  for (char byte = 0; ::read(0, &byte, 1) == 1;) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
    std::printf("%lld\n", static_cast<long long>(taken.count()));
    std::fflush(stdout);
  }
  return 0;
}

void take_turns(Contestants& contestants, int runs) {
  for (int round = 0; round <= runs; ++round)
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      Contestant& next = *contestants[round % 2 == 0 ? i : contestants.size() - 1 - i];
      next.run();
      if (round == 0) next.forget();
    }
}

int run_race(std::string pattern, const std::function<bool(const std::filesystem::path&)>& race) {
  if (::geteuid() != 0) {
    std::puts("this needs root");
    return 77;
  }
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
  const std::filesystem::path scratch = pattern;
  bool good = false;
  try {
    good = race(scratch);
  } catch (...) {
    std::filesystem::remove_all(scratch);
    throw;
  }
  std::filesystem::remove_all(scratch);
  return good ? 0 : 1;
}

void print_table(const Contestants& contestants) {
  std::printf("%-44s %9s %9s %7s %7s\n", "", "min ms", "median", "ratio", "ratio");
  for (const auto& contestant : contestants) {
    if (contestant->failed()) {
      std::printf("%-44s failed\n", contestant->name().c_str());
      continue;
    }
    std::printf("%-44s %9.2f %9.2f", contestant->name().c_str(), contestant->min(),
                contestant->median());
    for (const auto& floor : contestants)
      if (floor->name() == contestant->floor() && !floor->failed())
        std::printf(" %7.2f %7.2f  of %s", contestant->min() / floor->min(),
                    contestant->median() / floor->median(), floor->name().c_str());
    std::printf("\n");
  }
}

}  // namespace benchmarks
