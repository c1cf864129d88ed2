#include "cli/human.hpp"

#include <doctest/doctest.h>

using namespace containerlib::cli;
using namespace std::chrono_literals;

TEST_CASE("sizes") {
  CHECK(decimal_size(0) == "0B");
  CHECK(decimal_size(999) == "999B");
  CHECK(decimal_size(4261550) == "4.26MB");
  CHECK(decimal_size(123456789) == "123MB");
  CHECK(decimal_size(2'000'000'000) == "2GB");
  CHECK(binary_size(64u << 20) == "64MiB");
  CHECK(binary_size(1536) == "1.5KiB");
  CHECK(binary_size(~0ull) == "16EiB");
}

TEST_CASE("durations") {
  CHECK(human_duration(-3s) == "Less than a second");
  CHECK(human_duration(0s) == "Less than a second");
  CHECK(human_duration(1s) == "1 second");
  CHECK(human_duration(59s) == "59 seconds");
  CHECK(human_duration(60s) == "About a minute");
  CHECK(human_duration(120s) == "2 minutes");
  CHECK(human_duration(61min) == "About an hour");
  CHECK(human_duration(5h) == "5 hours");
  CHECK(human_duration(48h) == "2 days");
  CHECK(human_duration(24h * 14) == "2 weeks");
  CHECK(human_duration(24h * 61) == "2 months");
  CHECK(human_duration(24h * 800) == "2 years");
}

TEST_CASE("times are read and written") {
  const Time time = std::chrono::system_clock::from_time_t(1700000000) + 7ns;
  CHECK(rfc3339(time) == "2023-11-14T22:13:20.000000007Z");
  CHECK(long_time(time) == "2023-11-14 22:13:20 +0000 UTC");
  const Time whole = time - 7ns;
  CHECK(parse_rfc3339("2023-11-14T22:13:20Z") == whole);
  CHECK(parse_rfc3339("2023-11-14T22:13:20.123456789Z") ==
        whole + std::chrono::nanoseconds(123456789));
  CHECK(parse_rfc3339("2023-11-14T23:43:20+01:30") == whole);
  CHECK(parse_rfc3339("2023-11-14T14:13:20-08:00") == whole);
  for (const char* text : {"", "yesterday", "2023-11-14", "2023-11-14T22:13:20",
                           "2023-11-14T22:13:20.", "2023-11-14T22:13:20+1"})
    CHECK_FALSE(parse_rfc3339(text));
  CHECK(ago(whole, whole + 3h) == "3 hours ago");
}

TEST_CASE("texts are shortened by characters, not bytes") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "ab…");
  CHECK(shortened("äöüß", 3) == "äö…");
  CHECK(characters("äöü") == 3);
}

TEST_CASE("nothing that is shown can steer a terminal") {
  CHECK(harmless("a\033[31m\nb\x7f") == "a\\x1b[31m\\x0ab\\x7f");
  CHECK(harmless("\xc2\x9b"
                 "31m ü") == "\\x9b31m ü");
}

TEST_CASE("ids are cut to twelve digits") {
  CHECK(short_id("sha256:0123456789abcdef") == "0123456789ab");
  CHECK(short_id("0123456789abcdef") == "0123456789ab");
  CHECK(short_id("ab") == "ab");
}
