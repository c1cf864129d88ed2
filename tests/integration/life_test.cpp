// What is known of a container's life by those who did not start it: at each moment, and in the
// end.
#include <signal.h>

#include <thread>

#include "integration/fixture.hpp"

using namespace tests;
using State = cl::ContainerState;

namespace {

std::string first_line(const cl::Container& container) {
  cl::LogLine line;
  cl::LogReader logs = container.logs({.follow = true});
  return logs.next(line) ? line.text : "";
}

constexpr const char* obedient = "trap 'exit 6' TERM; echo ready; while :; do sleep 0.05; done";

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "life: one that runs has ended next, with its code, and nothing else") {
  for (int i = 0; i < 100; ++i) {
    cl::Container container = start({"sh", "-c", "read x; exit 7"}, {.in = cl::Stream::pipe()});
    auto found = runtime().find(container.id());
    REQUIRE(found);
    container.take_in().reset();
    cl::ContainerInfo info = found->inspect();
    while (info.state == State::running) info = found->inspect();
    REQUIRE(info.state == State::exited);
    CHECK(info.exit->code == 7);
    CHECK(info.finished >= info.started);
    CHECK(found->stop(0ms).code == 7);
  }
}

TEST_CASE_FIXTURE(Containers, "life: a start that fails leaves the last end as it was") {
  cl::Container container = start({"sh", "-c", "rm /bin/busybox; exit 5"});
  CHECK(container.wait().code == 5);
  const auto error = error_of([&] { container.start(); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::command_not_found);
  const cl::ContainerInfo info = container.inspect();
  CHECK(info.state == State::exited);
  REQUIRE(info.exit);
  CHECK(info.exit->code == 5);
}

TEST_CASE_FIXTURE(Containers, "life: a monitor that is slow is waited for, not taken for dead") {
  cl::Container container = start({"sh", "-c", obedient}, {.on_host_death = cl::HostDeath::detach});
  REQUIRE(first_line(container) == "ready");
  auto found = runtime().find(container.id());
  REQUIRE(found);
  CHECK_FALSE(found->try_wait());  // from now on it watches
  const int monitor = monitor_of(*found);
  REQUIRE(::kill(monitor, SIGSTOP) == 0);
  found->kill(SIGTERM);
  const auto early = found->wait_for(100ms);
  CHECK_MESSAGE(!early, early->message());
  std::jthread later([&] {
    std::this_thread::sleep_for(200ms);
    ::kill(monitor, SIGCONT);
  });
  CHECK(found->wait().code == 6);
}

TEST_CASE_FIXTURE(Containers, "life: with its monitor killed it was killed, for all who look") {
  cl::Container container = start({"sleep", "60"}, {.on_host_death = cl::HostDeath::detach});
  auto found = runtime().find(container.id());
  CHECK_FALSE(found->try_wait());
  const int monitor = monitor_of(*found);
  REQUIRE(::kill(monitor, SIGKILL) == 0);
  CHECK(found->wait().message() == "killed by SIGKILL");
  const cl::ContainerInfo info = found->inspect();
  CHECK(info.state == State::exited);
  REQUIRE(info.exit);
  CHECK(info.exit->message() == "killed by SIGKILL");
  CHECK(found->stop(0ms).message() == "killed by SIGKILL");
}

TEST_CASE_FIXTURE(Containers, "life: who waits for one that is started again waits for that") {
  cl::Container container = runtime().create(
      busybox(), {.args = {"sh", "-c", "test -e /n && { sleep 0.3; exit 9; }; echo > /n; exit 8"}});
  auto found = runtime().find(container.id());
  container.start();
  CHECK(found->wait().code == 8);
  container.start();
  CHECK(found->wait().code == 9);
}

TEST_CASE_FIXTURE(Containers,
                  "life: it is seen to run from another run directory, and left alone") {
  cl::Container container = start({"sleep", "60"}, {.name = "elsewhere"});
  cl::RuntimeOptions options = host.options();
  options.run_root = host.scratch / "run-of-cron";
  {
    cl::Runtime other(options);
    auto found = other.find("elsewhere");
    REQUIRE(found);
    const cl::ContainerInfo info = found->inspect();
    CHECK(info.state == State::running);
    CHECK(info.pid == container.inspect().pid);
    const auto check = [&](cl::Errc code, auto&& call) {
      const auto error = error_of(call);
      REQUIRE(error);
      CHECK_MESSAGE(error->code() == code, std::string(error->what()));
      CHECK_MESSAGE(contains(error->what(), host.run_root), std::string(error->what()));
    };
    check(cl::Errc::already_running, [&] { found->start(); });
    check(cl::Errc::in_use, [&] { found->remove(); });
    check(cl::Errc::in_use, [&] { found->remove(true); });
    check(cl::Errc::in_use, [&] { found->stop(0ms); });
    check(cl::Errc::in_use, [&] { found->kill(); });
    check(cl::Errc::in_use, [&] { found->wait(); });
    check(cl::Errc::in_use, [&] { found->exec({"true"}); });
    check(cl::Errc::in_use, [&] { found->stats(); });
    CHECK(container.exec({"true"}).status.success());

    container.kill();
    container.wait();
    CHECK(found->inspect().state == State::exited);
    found->start();
    CHECK(found->inspect().state == State::running);
    CHECK(container.inspect().state == State::running);
    found->kill();
    CHECK(found->wait().shell_code() == 137);
    found->remove();
  }
  std::filesystem::remove_all(options.run_root);
}
