#include "cli/environment.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "cli/arguments.hpp"

using namespace containerlib::cli;

TEST_CASE("a variable has a value, an empty one, or this command's own") {
  Environment variables;
  set_variable(variables, "A=1=2");
  set_variable(variables, "B=");
  set_variable(variables, "PATH");
  set_variable(variables, "CONTAINERLIB_SURELY_NOT_SET");
  CHECK(variables == Environment{{"A", "1=2"}, {"B", ""}, {"PATH", getenv("PATH")}});
  CHECK_THROWS_AS(set_variable(variables, "=x"), UsageError);
  CHECK_THROWS_AS(set_variable(variables, ""), UsageError);
}

TEST_CASE("lines of a file") {
  Environment variables;
  read_env_lines(variables, "f", "# comment\n\n  A=1 \r\nB=\"q\"\n \t#x\nC=a#b");
  CHECK(variables == Environment{{"A", "1 "}, {"B", "\"q\""}, {"C", "a#b"}});
  CHECK_THROWS_WITH_AS(read_env_lines(variables, "f", "A=1\nB C=2\n"),
                       "f:2: invalid variable name \"B C\"", UsageError);
}

TEST_CASE("a byte order mark is no part of a name") {
  Environment variables;
  read_env_lines(variables, "f",
                 "\xef\xbb\xbf"
                 "A=1\n");
  CHECK(variables == Environment{{"A", "1"}});
}

TEST_CASE("flags win over files, and a missing file is an error") {
  char name[] = "/tmp/containerlib-env-XXXXXX";
  const int fd = mkstemp(name);
  REQUIRE(fd >= 0);
  close(fd);
  std::ofstream(name) << "A=file\nB=file\n";
  CHECK(labels({name}, {"A=flag", "c"}) ==
        std::map<std::string, std::string>{{"A", "flag"}, {"B", "file"}, {"c", ""}});
  CHECK(environment({name}, {"A=flag"}) == Environment{{"A", "flag"}, {"B", "file"}});
  unlink(name);
  CHECK_THROWS_AS(environment({name}, {}), UsageError);
}

TEST_CASE("labels") {
  CHECK(labels({}, {"a=1=2", "b"}) == std::map<std::string, std::string>{{"a", "1=2"}, {"b", ""}});
  CHECK_THROWS_AS(labels({}, {"=x"}), UsageError);
  CHECK_THROWS_AS(labels({"/nosuch"}, {}), UsageError);
}
