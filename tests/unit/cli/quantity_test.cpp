#include "cli/quantity.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include "cli/arguments.hpp"

using namespace containerlib;
using namespace containerlib::cli;

TEST_CASE("sizes are powers of 1024 however the unit is spelled") {
  CHECK(parse_size("-m", "100") == 100_B);
  CHECK(parse_size("-m", "100b") == 100_B);
  for (const char* text : {"64m", "64M", "64mb", "64MiB", "64 MB"})
    CHECK(parse_size("-m", text) == 64_MiB);
  CHECK(parse_size("-m", "1.5g") == 1536_MiB);
  CHECK(parse_size("-m", "2k") == 2_KiB);
  CHECK(parse_size("-m", "1t") == 1024_GiB);
  for (const char* text : {"", "m", "-1", "64x", "64mm", "64 m b", "1e3", "inf", "nan", "0x10",
                           "9999999999g", "64m "}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_size("-m", text), UsageError);
  }
  CHECK_THROWS_WITH(parse_size("--memory", "64x"),
                    "invalid value \"64x\" for --memory: a size is wanted, such as 64m or 1.5g");
}

TEST_CASE("seconds") {
  CHECK(parse_seconds("-t", "5") == Milliseconds(5000));
  CHECK(parse_seconds("-t", "0.25") == Milliseconds(250));
  CHECK(parse_seconds("-t", "0") == Milliseconds(0));
  CHECK(parse_seconds("-t", "-1") < Milliseconds(0));
  for (const char* text : {"", "5s", "x", "1e99"})
    CHECK_THROWS_AS(parse_seconds("-t", text), UsageError);
}

TEST_CASE("cpus") {
  CHECK(parse_cpus("--cpus", "0.5") == 0.5);
  CHECK(parse_cpus("--cpus", "0") == 0);
  for (const char* text : {"-1", "", "half", "1x"})
    CHECK_THROWS_AS(parse_cpus("--cpus", text), UsageError);
}

TEST_CASE("signals") {
  CHECK(parse_signal("-s", "TERM") == SIGTERM);
  CHECK(parse_signal("-s", "sigkill") == SIGKILL);
  CHECK(parse_signal("-s", "15") == 15);
  CHECK(parse_signal("-s", "RTMIN+3") == 37);
  CHECK(parse_signal("-s", "SIGRTMIN+0") == 34);
  for (const char* text : {"", "0", "-9", "65", "NOPE", "SIG", "RTMIN+99", "9x"})
    CHECK_THROWS_AS(parse_signal("-s", text), UsageError);
}

TEST_CASE("numbers and switches") {
  CHECK(parse_number("-n", "-1", -1, 5) == -1);
  for (const char* text : {"", "6", "-2", "1.5", "99999999999999999999", "1 "})
    CHECK_THROWS_AS(parse_number("-n", text, -1, 5), UsageError);
  CHECK(parse_switch("-x", "TRUE"));
  CHECK_FALSE(parse_switch("-x", "0"));
  CHECK_THROWS_AS(parse_switch("-x", ""), UsageError);
}
