#pragma once
#include <string>
#include <vector>

#include "monitor/message.hpp"

namespace containerlib::monitor {

/// Writes what Reader reads, in the same order.
class Packet {
 public:
  template <class T>
  void value(const T& v) {
    bytes_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void text(std::string_view t) {
    value<std::uint64_t>(t.size());
    bytes_.append(t);
    bytes_.append(8 - t.size() % 8, '\0');
  }
  void list(const std::vector<std::string>& items) {
    std::string joined;
    for (const std::string& item : items)
      (joined += joined.empty() ? "" : std::string(1, '\0')) += item;
    text(joined);
  }
  void append(std::string_view bytes) { bytes_.append(bytes); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Sends a request with its descriptors, the first of which is the channel. Throws monitor_lost.
void send_request(int socket, RequestType, const Packet&, const std::vector<int>& fds);

}  // namespace containerlib::monitor
