#include <doctest/doctest.h>

#include <containerlib/container.hpp>

using namespace containerlib;

TEST_CASE("an exit error says how it ended and the last line of what it said") {
  const Completed done{.status = {.code = 1}, .err = "first\nsh: nosuch: not found\n"};
  CHECK(std::string(ExitError(done).what()) == "exited with 1: sh: nosuch: not found");
  CHECK(std::string(ExitError({.status = {.code = 1}}).what()) == "exited with 1");
}

TEST_CASE("of a long line the end is shown, from a whole character on") {
  std::string line = "ü";  // the first of 200 bytes shown is its second
  line += std::string(199, 'x');
  CHECK(std::string(ExitError({.status = {.code = 1}, .err = line}).what()) ==
        "exited with 1: " + std::string(199, 'x'));
}
