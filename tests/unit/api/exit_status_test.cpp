#include <containerlib/container.hpp>

#include <doctest/doctest.h>

using namespace containerlib;
using Kind = ExitStatus::Kind;

TEST_CASE("an exit status in words") {
  CHECK(ExitStatus{}.message() == "exited with 0");
  CHECK(ExitStatus{Kind::exited, 3, {}}.message() == "exited with 3");
  CHECK(ExitStatus{Kind::signaled, 15, {}}.message() == "killed by SIGTERM");
  CHECK(ExitStatus{Kind::timed_out, 9, {}}.message() == "timed out, killed by SIGKILL");
  CHECK(ExitStatus{Kind::oom_killed, 9, 64_MiB}.message() ==
        "killed by SIGKILL: out of memory (64 MiB)");
  CHECK(ExitStatus{Kind::oom_killed, 9, 1_GiB}.message() ==
        "killed by SIGKILL: out of memory (1 GiB)");
  CHECK(ExitStatus{Kind::oom_killed, 9, Bytes{100'000'000}}.message() ==
        "killed by SIGKILL: out of memory (95.4 MiB)");
  CHECK(ExitStatus{Kind::oom_killed, 9, {}}.message() == "killed by SIGKILL: out of memory");
}

TEST_CASE("only an exit with 0 is success") {
  CHECK(ExitStatus{}.success());
  CHECK_FALSE(ExitStatus{Kind::exited, 1, {}}.success());
  CHECK_FALSE(ExitStatus{Kind::signaled, 0, {}}.success());
}

TEST_CASE("check() throws what it knows") {
  const Completed good{{}, "out", ""};
  CHECK(&good.check() == &good);
  const Completed bad{{Kind::exited, 127, {}}, "", "first\nsh: x\x1b: not found\n"};
  try {
    bad.check();
    FAIL("did not throw");
  } catch (const ExitError& error) {
    CHECK(error.what() == std::string("exited with 127: sh: x\\x1b: not found"));
    CHECK(error.completed().status.code == 127);
    CHECK(error.completed().err == bad.err);
  }
}

TEST_CASE("states have names") {
  CHECK(to_string(ContainerState::paused) == "paused");
  CHECK(to_string(ContainerState::exited) == "exited");
}
