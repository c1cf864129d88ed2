#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace containerlib::criu {

/// A message in the encoding of protocol buffers
/// (https://protobuf.dev/programming-guides/encoding), in which criu is talked to: as much of it as
/// criu's rpc.proto needs. Fields are named by their numbers.
class Message {
 public:
  void number(unsigned field, std::uint64_t);
  void flag(unsigned field, bool);  ///< only if it is set
  void text(unsigned field, std::string_view);
  void message(unsigned field, const Message& inner) { text(field, inner.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t);
  std::string bytes_;
};

/// One field of a message that was received: a number, or a text or an inner message.
struct Field {
  unsigned field = 0;
  std::uint64_t number = 0;
  std::string_view text;
};

/// nullopt for what is no message. The texts point into `bytes`.
std::optional<std::vector<Field>> parse_message(std::string_view bytes);

}  // namespace containerlib::criu
