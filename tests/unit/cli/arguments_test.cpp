#include "cli/arguments.hpp"

#include <doctest/doctest.h>

using namespace containerlib::cli;

namespace {

struct Line : CommandLine {
  Line() : CommandLine("run [OPTIONS] IMAGE", "Test") {
    add_flag("-i,--interactive", interactive);
    add_flag("-t,--tty", tty);
    add_repeated("-e,--env", env, "", "NAME");
    add_value("--entrypoint", entrypoint, "", "COMMAND");
    add_value("--memory-swap", swap, "", "SIZE");
  }
  bool interactive = false, tty = false;
  std::vector<std::string> env;
  std::string entrypoint = "unset", swap;
};

}  // namespace

TEST_CASE("flags end at the first other word, which is left as it is with all after it") {
  Line line;
  const auto rest = line.read_leading({"-it", "-e", "A=1", "image", "sh", "-c", "--env=x", "-t"});
  REQUIRE(rest);
  CHECK(*rest == Arguments{"image", "sh", "-c", "--env=x", "-t"});
  CHECK(line.interactive);
  CHECK(line.tty);
  CHECK(line.env == Arguments{"A=1"});
}

TEST_CASE("a value may be attached, and a repeated flag takes one each time") {
  Line line;
  CHECK(*line.read_leading({"-eA=1", "--env=B=2", "-ite", "C=3", "image"}) == Arguments{"image"});
  CHECK(line.env == Arguments{"A=1", "B=2", "C=3"});
}

TEST_CASE("a short flag's value may follow an equals sign, a switch's, too") {
  Line line;
  CHECK(*line.read_leading({"-e=A=1", "-ie=B=2", "-t=false", "image", "x"}) ==
        Arguments{"image", "x"});
  CHECK(line.env == Arguments{"A=1", "B=2"});
  CHECK(line.interactive);
  CHECK_FALSE(line.tty);
  Line other;
  CHECK(*other.read_leading({"-i=true", "image"}) == Arguments{"image"});
  CHECK(other.interactive);
  Line both;
  CHECK(*both.read_leading({"-it=true", "-e", "-i=x", "image"}) == Arguments{"image"});
  CHECK(both.interactive);
  CHECK(both.tty);
  CHECK(both.env == Arguments{"-i=x"});
  Line wrong;
  CHECK_THROWS_AS(wrong.read_leading({"-i=maybe", "image"}), UsageError);
}

TEST_CASE("a value may begin with a dash or be empty") {
  Line line;
  CHECK(*line.read_leading({"--memory-swap", "-1", "--entrypoint=", "i", "x"}) ==
        Arguments{"i", "x"});
  CHECK(line.swap == "-1");
  CHECK(line.entrypoint.empty());
  Line other;
  CHECK(*other.read_leading({"--entrypoint", "", "i"}) == Arguments{"i"});
  CHECK(other.entrypoint.empty());
}

TEST_CASE("two dashes end the flags and are not part of the rest") {
  Line line;
  CHECK(*line.read_leading({"-i", "--", "-odd"}) == Arguments{"-odd"});
}

TEST_CASE("the last of a flag that was given twice counts") {
  Line line;
  line.read_leading({"--entrypoint", "a", "--entrypoint", "b", "i"});
  CHECK(line.entrypoint == "b");
}

TEST_CASE("an unknown flag and a missing value are refused") {
  Line line;
  CHECK_THROWS_WITH_AS(line.read_leading({"--bogus", "i"}), "unknown flag: --bogus", UsageError);
  Line other;
  CHECK_THROWS_AS(other.read_leading({"-e"}), UsageError);
  Line spread;
  CHECK_THROWS_WITH_AS(spread.read({"word"}), "unexpected argument: word", UsageError);
}

TEST_CASE("names and flags may be mixed, and a name may be that of a command") {
  CommandLine line("rm [OPTIONS] CONTAINER...", "Test");
  Arguments names;
  bool force = false;
  line.add_flag("-f,--force", force);
  line.add_names("CONTAINER", names);
  REQUIRE(line.read({"stats", "-f", "run"}));
  CHECK(names == Arguments{"stats", "run"});
  CHECK(force);
  CommandLine empty("rm [OPTIONS] CONTAINER...", "Test");
  empty.add_names("CONTAINER", names);
  CHECK_THROWS_AS(empty.read({}), UsageError);
}
