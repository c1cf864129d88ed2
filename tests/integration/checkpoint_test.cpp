// Container::checkpoint() and Runtime::restore(). CRIU has to know the kernel: where it does not
// (the guest's it does), its own reason is what the user is told, and the container runs on.
#include <csignal>
#include <cstdlib>
#include <thread>

#include "integration/fixture.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

const std::string no_criu = "needs criu, and a kernel that it knows";

bool criu_works() {
  static const bool works =
      is_root() && has_program("criu") && command({"criu", "check"}).code == 0;
  return works;
}

/// Counts in memory, to a file of its root file system; writes each number to its output.
const Args counts = {"sh", "-c",
                     "i=0; trap 'echo stopped; exit 7' TERM; "
                     "while :; do i=$((i+1)); echo $i >/count; echo n $i; sleep 0.1; done"};

int count(cl::Container& container) {
  return std::atoi(container.exec({"cat", "/count"}).out.c_str());
}

bool goes_on(cl::Container& container) {
  const int before = count(container);
  return eventually([&] { return count(container) > before; }, std::chrono::seconds(20));
}

/// A directory for a checkpoint, which is not there yet.
class Place {
 public:
  explicit Place(const Containers& containers)
      : path(containers.host.scratch / "checkpoint"), other(containers.host.scratch / "other") {}
  Place(const Place&) = delete;
  ~Place() {
    fs::remove_all(path);
    fs::remove_all(other);
  }
  const fs::path path, other;
};

std::string all_log(const cl::Container& container) {
  std::string out;
  for (const cl::LogLine& line : container.logs()) out += line.text + '\n';
  return out;
}

}  // namespace

TEST_SUITE("cgroup") {
  TEST_CASE("checkpoint: memory and files of a container go on in a new one") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(
        counts, {.name = "first",
                 .mounts = {{.source = containers.host.scratch, .target = "/host"},
                            {.target = "/tmp"}},
                 .limits = {.memory = 64_MiB, .pids = 20},
                 .labels = {{"a", "b"}}});
    REQUIRE(eventually([&] { return count(first) > 2; }, std::chrono::seconds(20)));
    first.exec({"sh", "-c", "echo kept >/tmp/kept; rm /etc/group; mkdir /new; echo x >/new/x"});

    first.checkpoint(place.path);
    CHECK(first.wait().code == SIGKILL);
    const std::string before = all_log(first);
    const std::string last = before.substr(before.rfind("n ") + 2);
    first.remove();
    cl::Container second = containers.runtime().restore(place.path, {.name = "second"});

    CHECK(second.name() == "second");
    const cl::ContainerInfo info = second.inspect();
    CHECK(info.state == cl::ContainerState::running);
    CHECK(info.labels.at("a") == "b");
    CHECK(goes_on(second));
    CHECK(count(second) > std::atoi(last.c_str()));
    CHECK(second.exec({"cat", "/tmp/kept", "/new/x"}).out == "kept\nx\n");
    CHECK(second.exec({"test", "-e", "/etc/group"}).status.code == 1);
    CHECK(second.exec({"ls", "/host"}).out.find("checkpoint") != std::string::npos);
    CHECK(second.exec({"touch", "/host/file"}).status.code != 0);
    CHECK(second.stats().pids_limit == 20);
    CHECK(second.stats().memory_limit == 64_MiB);
    second.pause();
    CHECK(second.inspect().state == cl::ContainerState::paused);
    second.resume();
    const cl::ExitStatus end = second.stop(20s);
    CHECK(end.code == 7);
    const std::string log = all_log(second);
    CHECK(log.find("n 1\n") == std::string::npos);
    CHECK(log.ends_with("stopped\n"));
    second.remove();
  }
}

TEST_CASE("checkpoint: where criu cannot do it its reason is told, and the container runs on") {
  SKIP_IF(!is_root() || !has_program("criu"), "needs root and criu");
  SKIP_IF(criu_works(), "criu works on this kernel");
  Containers containers;
  const Place place(containers);
  cl::Container container = containers.start(counts);
  const auto error = error_of([&] { container.checkpoint(place.path); });
  REQUIRE(error);
  const std::string what = error->what();
  INFO(what);
  CHECK(error->code() == std::errc::operation_canceled);
  CHECK(error->hint().find("criu: Error (criu/") != std::string::npos);
  CHECK(error->hint().find(place.path / "dump.log") != std::string::npos);
  CHECK(goes_on(container));
}
