#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace fuzz {

/// A good message with some of its bytes changed: so inputs stay right when the message's layout
/// changes, and get further than any bytes would. Each eight bytes of the input are one change:
/// four say where, four what; the highest bit says whether it is the four bytes there or the first
/// only. The last three bytes, if any, cut off the end.
inline std::string patched(std::string message, std::string_view changes) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, changes.data() + at, sizeof value);
    return value;
  };
  std::size_t at = 0;
  for (; at + 8 <= changes.size(); at += 8) {
    const std::uint32_t where = number(at) & 0x7fffffff, what = number(at + 4);
    const std::size_t size = number(at) >> 31 ? 1 : sizeof what;
    if (message.size() > size)
      std::memcpy(message.data() + where % (message.size() - size), &what, size);
  }
  if (changes.size() - at == 3)
    message.resize(static_cast<unsigned char>(changes[at]) * std::size_t{256} %
                   (message.size() + 1));
  return message;
}

}  // namespace fuzz
