#include "linux/text.hpp"

#include <doctest/doctest.h>

using namespace containerlib::sys;
using Pieces = std::vector<std::string_view>;

TEST_CASE("split, lines, words") {
  CHECK(split("a:b::", ':') == Pieces{"a", "b", "", ""});
  CHECK(split("", ':') == Pieces{""});
  CHECK(lines("a\n\nb") == Pieces{"a", "b"});
  CHECK(lines("").empty());
  CHECK(words("  a \t bc ") == Pieces{"a", "bc"});
  CHECK(words(" ").empty());
}

TEST_CASE("a number is digits only, up to 2^64-1") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("007") == 7);
  CHECK(parse_number("18446744073709551615") == 18446744073709551615u);
  for (const char* wrong : {"", " 1", "1 ", "-1", "+1", "0x1", "1.0", "18446744073709551616"})
    CHECK(parse_number(wrong) == std::nullopt);
}

TEST_CASE("host files") {
  CHECK(read_host_file("/proc/sys/kernel/ostype") == "Linux\n");
  CHECK(read_host_file("/proc/no-such-file") == std::nullopt);
  CHECK(read_host_file("/proc") == std::nullopt);
  CHECK(read_host_file("/proc/version", 3) == std::nullopt);
}

TEST_CASE("upper case is that of ASCII letters only") {
  CHECK(upper("sigterm_1\xe4\x80{`") == "SIGTERM_1\xe4\x80{`");
  CHECK(upper("") == "");
}
