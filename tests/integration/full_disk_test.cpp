// A data directory whose disk the container fills.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// Runs `work` on a Runtime whose data directory is a disk of eight megabytes, in a process with
/// mounts of its own. What it returns, or prints: the test's failure, empty for none. "skip": no
/// such disk is to be had.
template <class Work>
std::string on_small_disk(Host& host, Work work) {
  const fs::path disk = host.scratch / "disk", result = host.scratch / "result";
  fs::create_directories(disk);
  write_file(result, "died");
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "skip";
    try {
      if (::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", "", MS_REC | MS_PRIVATE, "") == 0 &&
          ::mount("small", disk.c_str(), "tmpfs", 0, "size=8m") == 0) {
        cl::Runtime runtime({.root = disk / "data", .run_root = host.run_root});
        const cl::Image image = runtime.import(host.busybox_root(), {.tag = "busybox"});
        text = work(runtime, image);
      }
    } catch (const std::exception& error) {
      text = error.what();
    }
    write_file(result, text);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return read_file(result);
}

/// An expectation in the child.
std::string expect(bool holds, const std::string& what) { return holds ? "" : what + "\n"; }

}  // namespace

TEST_CASE("full disk: how a container has ended is known all the same") {
  Host& host = Host::get();
  SKIP_IF(!is_root(), "needs root: a disk of its own");
  const std::string wrong = on_small_disk(host, [](cl::Runtime& runtime, const cl::Image& image) {
    const std::string fill = "cat /dev/zero > /fill 2>/dev/null; df / >/dev/null; exit 7";
    cl::Container container = runtime.start(image, {.args = {"sh", "-c", fill}});
    auto found = runtime.find(container.id());
    std::string out = expect(container.wait().code == 7, "wait");
    const cl::ContainerInfo info = found->inspect();
    out += expect(info.state == cl::ContainerState::exited, "state");
    out += expect(info.exit && info.exit->code == 7, "exit");
    return out;
  });
  SKIP_IF(wrong == "skip", "no mount namespace or no tmpfs");
  CHECK_MESSAGE(wrong.empty(), wrong);
}

TEST_CASE("full disk: a log line that was cut off does not take the next one with it") {
  Host& host = Host::get();
  SKIP_IF(!is_root(), "needs root: a disk of its own");
  const std::string wrong = on_small_disk(host, [](cl::Runtime& runtime, const cl::Image& image) {
    const std::string script =
        "head -c 1000000 /dev/zero >/room; yes 'a line of the log' | head -n 200000;"
        "rm /room; sleep 0.3; echo there is room again";
    cl::Container container = runtime.start(image, {.args = {"sh", "-c", script}});
    container.wait();
    std::string out, last;
    for (const cl::LogLine& line : container.logs()) {
      last = line.text;
      if (contains(last, "stdout")) out += "two in one: " + last + "\n";
    }
    return out + expect(last == "there is room again", "the last line is " + last);
  });
  SKIP_IF(wrong == "skip", "no mount namespace or no tmpfs");
  CHECK_MESSAGE(wrong.empty(), wrong);
}
