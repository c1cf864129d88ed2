#include "monitor/message.hpp"

#include <doctest/doctest.h>

#include "monitor/packet.hpp"

using namespace containerlib::monitor;

TEST_CASE("a request is read in the order in which it was written") {
  Packet packet;
  packet.value<std::uint64_t>(7);
  packet.text("a text");
  packet.text("");
  packet.list({"a", "b"});
  packet.append("rest");
  Reader reader(packet.bytes().data(), packet.bytes().size());
  CHECK(reader.value<std::uint64_t>() == 7);
  CHECK(reader.text() == "a text");
  CHECK(reader.text().empty());
  CHECK(reader.text() == std::string_view("a\0b", 3));
  CHECK(std::string_view(reader.data(), reader.left()) == "rest");
}

TEST_CASE("a request that was cut off reads as empty, wherever that was") {
  Packet packet;
  packet.text("a text");
  packet.text("another");
  for (std::size_t size = 0; size < packet.bytes().size(); ++size) {
    const std::string cut = packet.bytes().substr(0, size);
    Reader reader(cut.data(), cut.size());
    const std::string_view first = reader.text(), second = reader.text();
    CHECK((first.empty() || first == "a text"));
    CHECK((second.empty() || second == "another"));
  }
}

TEST_CASE("a text of a request without a NUL behind it is none") {
  // Found by fuzzing: such a text was used as a C string, which went on in what followed.
  Packet packet;
  packet.text("a text");
  std::string bytes = packet.bytes();
  bytes[sizeof(std::uint64_t) + 6] = 'x';
  Reader reader(bytes.data(), bytes.size());
  CHECK(reader.text().empty());
  CHECK(reader.left() == 0);
}
