// Starts while the targets of mounts are exchanged with symlinks in a volume that is shared with an
// attacker (SEC-04, SEC-05): each start is right or refused, and the host is untouched.
#include <atomic>
#include <mutex>
#include <sstream>

#include "security/attack.hpp"
#include "security/many.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

struct Outcome {
  int ran = 0, refused = 0, wrong = 0, failed = 0;
  std::string first;  ///< of what was wrong or failed
};

/// The mount points of the file system with this mark in its root, as the container sees them.
std::vector<std::string> mount_points(const std::string& mountinfo, const std::string& mark) {
  std::vector<std::string> out;
  for (const std::string& line : lines_of(mountinfo)) {
    std::istringstream fields(line);
    std::string field, root, point;
    fields >> field >> field >> field >> root >> point;
    if (root.ends_with(mark)) out.push_back(point);
  }
  return out;
}

/// A volume whose directory `there` is exchanged with a symlink, and what is mounted below it.
struct Race {
  Race(Containers& test, const std::string& target)
      : test(test),
        volume(test.host.scratch / "volume"),
        source(test.host.scratch / "data-source") {
    for (const char* name : {"there/on", "there/two"}) fs::create_directories(volume / name);
    fs::create_directories(source);
    fs::create_symlink(target, volume / "link");
  }
  ~Race() {
    for (const fs::path& path : {volume, source}) fs::remove_all(path);
  }

  cl::ContainerOptions options() const {
    return {.args = {"cat", "/proc/self/mountinfo"},
            .mounts = {{.source = volume, .target = "/volume", .writable = true},
                       {.source = source, .target = "/volume/there/on"},
                       {.target = "/volume/there/two"}}};
  }

  /// `may_refuse`: one of the two targets is not allowed.
  Outcome start(const cl::Image& image, int number, const std::vector<std::string>& right,
                bool may_refuse) {
    const Exchanger exchanger(volume / "there", volume / "link");
    std::atomic<int> left = number;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
          while (left-- > 0) count(test.runtime().try_run(image, options()), right, may_refuse);
        });
    }
    CHECK(exchanger.count() > number);
    return outcome;
  }

 private:
  void count(cl::Result<cl::Completed> result, const std::vector<std::string>& right,
             bool may_refuse) {
    const std::lock_guard lock(mutex);
    std::string said;
    if (!result) {
      said = result.error().what();
      const bool named = contains(said, "/volume/there/");
      ++(named && may_refuse ? outcome.refused : outcome.failed);
      if (named && may_refuse) return;
    } else {
      const auto points = mount_points(result->out, "/data-source");
      const bool good = result->status.success() && points.size() == 1 &&
                        std::find(right.begin(), right.end(), points[0]) != right.end();
      ++(good ? outcome.ran : outcome.wrong);
      if (good) return;
      said = result->out + result->err;
    }
    if (outcome.first.empty()) outcome.first = said;
  }

  Containers& test;
  const fs::path volume, source;
  std::mutex mutex;
  Outcome outcome;
};

void check(const Outcome& outcome, int number) {
  MESSAGE(outcome.ran << " ran, " << outcome.refused << " were refused, " << outcome.failed
                      << " failed without need, " << outcome.wrong << " were wrong");
  CHECK_MESSAGE(outcome.wrong == 0, outcome.first);
  CHECK_MESSAGE(outcome.failed * 1000 < number, outcome.first);
  CHECK(outcome.ran > 0);
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "mount targets race with symlinks to where they may lead") {
  const Canary canary(host.scratch / "canary");
  fs::create_directories(canary.dir() / "dir");
  // The image has the same path, so that the symlink is one to a directory of its own.
  const HostileImage image(*this, [&](const fs::path& root) {
    for (const char* name : {"on", "two"})
      fs::create_directories(root / canary.dir().relative_path() / "dir" / name);
  });
  const std::string there = canary.dir() / "dir";
  const int number = times(1500, 30000);
  Race race(*this, there);
  const Outcome outcome =
      race.start(image, number, {"/volume/there/on", "/volume/link/on", there + "/on"}, false);
  check(outcome, number);
  CHECK(canary.changes() == "");
}

TEST_CASE_FIXTURE(Containers, "mount targets race with symlinks to where they may not lead") {
  const Canary canary(host.scratch / "canary");
  const int number = times(1000, 20000);
  Race race(*this, "../../../../../../../proc/sys");
  const Outcome outcome =
      race.start(busybox(), number, {"/volume/there/on", "/volume/link/on"}, true);
  check(outcome, number);
  CHECK(outcome.refused > 0);
  CHECK(canary.changes() == "");
}
