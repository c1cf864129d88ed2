#include "criu/message.hpp"

#include <doctest/doctest.h>

#include "criu/conversation.hpp"

using namespace containerlib::criu;

TEST_CASE("a criu message has the bytes that the protocol buffer encoding says") {
  Message inner;
  inner.text(1, "testing");
  Message message;
  message.number(1, 150);
  message.flag(2, true);
  message.flag(3, false);
  message.message(34, inner);
  // The first and the third field are the examples of the encoding's specification.
  CHECK(message.bytes() == std::string("\x08\x96\x01\x10\x01\x92\x02\x09\x0a\x07testing", 17));
}

TEST_CASE("a criu message is read as it was written, unknown fields of fixed size included") {
  Message message;
  message.number(6, ~std::uint64_t{0});
  message.text(5, "");
  const std::string fixed("\x39\1\2\3\4\5\6\7\x08\x45\1\2\3\4", 14);
  const std::string bytes = message.bytes() + fixed;
  const auto fields = parse_message(bytes);
  REQUIRE(fields);
  REQUIRE(fields->size() == 4);
  CHECK((*fields)[0].field == 6);
  CHECK((*fields)[0].number == ~std::uint64_t{0});
  CHECK((*fields)[1].field == 5);
  CHECK((*fields)[1].text.empty());
  CHECK((*fields)[2].field == 7);
  CHECK((*fields)[3].field == 8);
}

TEST_CASE("bytes that are no criu message are refused wherever they are cut") {
  Message message;
  message.number(1, 300);
  message.text(2, "text");
  const std::string& bytes = message.bytes();
  for (const std::size_t whole : {std::size_t{0}, std::size_t{3}, bytes.size()})
    CHECK(parse_message(bytes.substr(0, whole)));
  for (const std::size_t cut : {1, 2, 4, 5, 6, 8}) CHECK(!parse_message(bytes.substr(0, cut)));
  CHECK(!parse_message("\x0b"));                                          // a group
  CHECK(!parse_message("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));  // no end
  CHECK(!parse_message("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));      // too long
}

TEST_CASE("of criu's log the last errors are told, without its time stamps") {
  CHECK(errors_in("(00.000010) all is well\n").empty());
  CHECK(errors_in("(00.1) Error (criu/a.c:1): one\n(00.2) Warn  (criu/b.c:2): no\n"
                  "(00.3)      7: Error (criu/c.c:3): two\n") ==
        "Error (criu/a.c:1): one; Error (criu/c.c:3): two");
  CHECK(errors_in("Error (a): 1\nError (b): 2\nError (c): 3\nError (d): 4\n") ==
        "Error (b): 2; Error (c): 3; Error (d): 4");
}
