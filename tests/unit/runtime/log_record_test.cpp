#include "runtime/log_record.hpp"

#include <doctest/doctest.h>

using namespace containerlib::runtime;
using namespace std::chrono;

namespace {

LogRecord record(const char* text) {
  const auto out = parse_log_record(text);
  REQUIRE(out);
  return *out;
}

}  // namespace

TEST_CASE("a record is read") {
  const LogRecord out = record("2026-11-23T10:00:01.5Z stderr F hello  world ");
  CHECK(out.time == sys_days(2026y / November / 23) + 10h + 1s + 500ms);
  CHECK(out.is_err);
  CHECK_FALSE(out.is_partial);
  CHECK(out.text == "hello  world ");
  CHECK(record("2026-11-23T10:00:01Z stdout P ").is_partial);
  CHECK(record("2026-11-23T10:00:01.123456789Z stdout F ").time ==
        sys_days(2026y / November / 23) + 10h + 1s + 123456789ns);
}

TEST_CASE("what is no record is left out") {
  for (const char* text : {"", " ", "hello", "2026-11-23T10:00:01Z", "2026-11-23T10:00:01Z stdout",
                           "2026-11-23T10:00:01Z stdout F", "2026-11-23T10:00:01Z stdin F x",
                           "2026-11-23T10:00:01Z stdout X x", "2026-13-23T10:00:01Z stdout F x",
                           "2026-11-23T10:00:01 stdout F x", "Z stdout F x"})
    CHECK_MESSAGE(!parse_log_record(text), text);
}

TEST_CASE("a time that no clock can show is damage") {
  // Found by fuzzing: -602 was read as a year, and its nanoseconds did not fit.
  for (const char* text : {"-602-11-23T10:00:01Z stdout F x", "0001-01-01T00:00:00Z stdout F x",
                           "9999-12-31T23:59:59Z stdout F x", "2026-11-23T10:00:01.-5Z stdout F x"})
    CHECK_MESSAGE(!parse_log_record(text), text);
}

TEST_CASE("partial records are joined, each stream for itself") {
  LogJoiner joiner;
  CHECK_FALSE(joiner.add(record("2026-11-23T10:00:01Z stdout P a")));
  const auto err = joiner.add(record("2026-11-23T10:00:02Z stderr F e"));
  REQUIRE(err);
  CHECK(err->text == "e");
  CHECK_FALSE(joiner.add(record("2026-11-23T10:00:03Z stdout P b")));
  const auto out = joiner.add(record("2026-11-23T10:00:04Z stdout F c"));
  REQUIRE(out);
  CHECK(out->text == "abc");
  CHECK(out->time == sys_days(2026y / November / 23) + 10h + 1s);
  CHECK_FALSE(joiner.take_rest());
}

TEST_CASE("what was never completed comes at the end") {
  LogJoiner joiner;
  CHECK_FALSE(joiner.add(record("2026-11-23T10:00:01Z stderr P half")));
  const auto rest = joiner.take_rest();
  REQUIRE(rest);
  CHECK(rest->text == "half");
  CHECK(rest->is_err);
  CHECK_FALSE(joiner.take_rest());
}
