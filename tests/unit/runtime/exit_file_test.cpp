#include "runtime/exit_file.hpp"

#include <doctest/doctest.h>

using namespace containerlib;
using namespace containerlib::runtime;

TEST_CASE("the monitor's line is read") {
  const auto exited = parse_exit_file("exited 3 0 1790000000000000000\n");
  REQUIRE(exited);
  CHECK_FALSE(exited->signaled);
  CHECK(exited->code == 3);
  CHECK(exited->finished_ns == 1790000000000000000);
  const auto killed = parse_exit_file("signaled 9 1 1\n");
  REQUIRE(killed);
  CHECK(killed->signaled);
  CHECK(killed->oom_killed);
}

TEST_CASE("anything else is no record") {
  for (const char* text : {"", "\n", "exited", "exited 3", "exited 3 0", "ended 3 0 1", "3 0 1"})
    CHECK_MESSAGE(!parse_exit_file(text), text);
}

TEST_CASE("how it ended") {
  const ExitStatus exited = to_status({false, 3, false, 0}, {});
  CHECK(exited.kind == ExitStatus::Kind::exited);
  CHECK(exited.shell_code() == 3);
  const ExitStatus killed = to_status({true, 15, false, 0}, 64_MiB);
  CHECK(killed.kind == ExitStatus::Kind::signaled);
  CHECK(killed.shell_code() == 143);
  const ExitStatus oom = to_status({true, 9, true, 0}, 64_MiB);
  CHECK(oom.kind == ExitStatus::Kind::oom_killed);
  CHECK(oom.memory_limit == 64_MiB);
  CHECK(oom.shell_code() == 137);
  CHECK(to_status({false, 137, true, 0}, 64_MiB).shell_code() == 137);
}
