#include "criu/message.hpp"

namespace containerlib::criu {
namespace {

enum Wire : unsigned { wire_varint = 0, wire_64 = 1, wire_bytes = 2, wire_32 = 5 };

struct Reader {
  std::string_view rest;
  bool broken = false;

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest[0]);
      rest.remove_prefix(1);
      out |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return out;
    }
    broken = true;
    return 0;
  }
  std::string_view bytes(std::uint64_t size) {
    if (size > rest.size()) broken = true;
    if (broken) return {};
    const std::string_view out = rest.substr(0, size);
    rest.remove_prefix(size);
    return out;
  }
  Field field() {
    const std::uint64_t key = varint();
    Field out{static_cast<unsigned>(key >> 3), 0, {}};
    switch (key & 7) {
      case wire_varint: out.number = varint(); break;
      case wire_64: bytes(8); break;
      case wire_bytes: out.text = bytes(varint()); break;
      case wire_32: bytes(4); break;
      default: broken = true;
    }
    return out;
  }
};

}  // namespace

void Message::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void Message::number(unsigned field, std::uint64_t value) {
  varint(field << 3 | wire_varint);
  varint(value);
}

void Message::flag(unsigned field, bool set) {
  if (set) number(field, 1);
}

void Message::text(unsigned field, std::string_view value) {
  varint(field << 3 | wire_bytes);
  varint(value.size());
  bytes_ += value;
}

std::optional<std::vector<Field>> parse_message(std::string_view bytes) {
  std::vector<Field> out;
  Reader reader{bytes};
  while (!reader.rest.empty() && !reader.broken) out.push_back(reader.field());
  if (reader.broken) return std::nullopt;
  return out;
}

}  // namespace containerlib::criu
