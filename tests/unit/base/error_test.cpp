#include "base/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <new>

using namespace containerlib;

TEST_CASE("an error says operation, subject, reason and hint in one line") {
  try {
    throw_errno(ENOSPC, "write", "/data/blob", "make room");
  } catch (const Error& error) {
    CHECK(error.operation() == "write");
    CHECK(error.subject() == "/data/blob");
    CHECK(error.hint() == "make room");
    CHECK((error.code() == std::errc::no_space_on_device));
    CHECK(std::string(error.what()) == "write /data/blob: No space left on device (make room)");
  }
}

TEST_CASE("an error without subject and hint leaves no gaps") {
  CHECK(std::string(Error(Errc::timed_out, "wait").what()) == "wait: timed out");
}

TEST_CASE("a condition of the library compares with its enumerator only") {
  const Error error(Errc::image_not_found, "find image", "x");
  CHECK((error.code() == Errc::image_not_found));
  CHECK((error.code() != Errc::container_not_found));
  CHECK((error.code() != std::errc::no_such_file_or_directory));
  CHECK(error.code().category().name() == std::string("containerlib"));
}

TEST_CASE("every condition has a text of its own") {
  for (int value = 1; value <= static_cast<int>(Errc::used_after_fork); ++value) {
    CAPTURE(value);
    CHECK(make_error_code(static_cast<Errc>(value)).message() != "unknown error");
  }
  CHECK(containerlib_category().message(9999) == "unknown error");
}

TEST_CASE("control characters of untrusted text do not reach a message") {
  CHECK(printable("plain ü text") == "plain ü text");
  CHECK(printable("a\nb\x1b[2J\x7f") == "a\\x0ab\\x1b[2J\\x7f");
  CHECK(printable(std::string_view("\0x", 2)) == "\\x00x");
  const Error error(Errc::unknown_user, "use user", "evil\r\n2020 root logged in");
  CHECK(std::string(error.what()).find('\n') == std::string::npos);
}

TEST_CASE("long untrusted text is cut") {
  const std::string long_text(1000, 'x');
  CHECK(printable(long_text) == std::string(256, 'x') + "…");
  CHECK(printable(long_text, 3) == "xxx…");
  CHECK(printable(std::string(256, 'x')).size() == 256);
}

TEST_CASE("untrusted text is cut between characters") {
  CHECK(printable("üü", 3) == "ü…");
  CHECK(printable("aü", 2) == "a…");
  CHECK(printable("€uro", 3) == "€…");
  CHECK(printable("\n\n", 5) == "\\x0a…");
}

TEST_CASE("what is not UTF-8 does not reach a message") {
  CHECK(printable("ü€𝄞") == "ü€𝄞");
  CHECK(printable("a\xff\xfe") == "a\\xff\\xfe");
  CHECK(printable("\xc3") == "\\xc3");  // ends within a character
  CHECK(printable("\xe2\x82|") == "\\xe2\\x82|");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // longer than need be
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // half of a UTF-16 pair
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\xc2\x9b[2J") == "\\xc2\\x9b[2J");  // CSI, as terminals read it
}

TEST_CASE("a result holds a value or an error") {
  const auto parse = [](int value) {
    return catching([&] {
      if (value < 0) throw_error(Errc::invalid_option, "parse", "value");
      return value;
    });
  };
  Result<int> good = parse(3);
  REQUIRE(good);
  CHECK(*good == 3);
  CHECK(parse(4).value() == 4);
  Result<int> bad = parse(-1);
  REQUIRE(!bad);
  CHECK(bad.error().subject() == "value");
  CHECK_THROWS_AS(bad.value(), Error);
}

TEST_CASE("a result of nothing holds an error or none") {
  CHECK(catching([] {}).has_value());
  Result<void> bad = catching([] { throw_error(Errc::in_use, "remove", "x"); });
  REQUIRE(!bad);
  CHECK_THROWS_AS(bad.value(), Error);
}

TEST_CASE("what is no error of the library passes through") {
  CHECK_THROWS_AS(static_cast<void>(catching([] { throw std::bad_alloc(); })), std::bad_alloc);
}
