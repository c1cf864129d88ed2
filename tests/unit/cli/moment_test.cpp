#include "cli/moment.hpp"

#include <doctest/doctest.h>

#include "cli/arguments.hpp"

using namespace containerlib::cli;
using namespace std::chrono_literals;

TEST_CASE("moments are ages, numbers and dates") {
  const Time epoch = std::chrono::system_clock::from_time_t(0), now = epoch + 1000h;
  CHECK(parse_moment("--since", "10m", now) == now - 10min);
  CHECK(parse_moment("--since", "1h30m", now) == now - 90min);
  CHECK(parse_moment("--since", "1.5s", now) == now - 1500ms);
  CHECK(parse_moment("--since", "250ms", now) == now - 250ms);
  CHECK(parse_moment("--since", "12.5", now) == epoch + 12500ms);
  CHECK(parse_moment("--since", "1970-01-02", now) == epoch + 24h);
  CHECK(parse_moment("--since", "1970-01-02T01:02", now) == epoch + 25h + 2min);
  CHECK(parse_moment("--since", "1970-01-02T01:02:03", now) == epoch + 25h + 2min + 3s);
  CHECK(parse_moment("--since", "1970-01-02T01:02:03Z", now) == epoch + 25h + 2min + 3s);
  CHECK(parse_moment("--since", "1970-01-02T02:00:00.5+02:00", now) == epoch + 24h + 500ms);
  for (const char* wrong : {"", "x", "10x", "m", "10m5", "1970-13-01", "nan"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_moment("--since", wrong, now), UsageError);
  }
}
