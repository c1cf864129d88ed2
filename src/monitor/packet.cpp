#include "monitor/packet.hpp"

#include <sys/mman.h>
#include <containerlib/fd.hpp>

#include "base/error.hpp"
#include "linux/message.hpp"

namespace containerlib::monitor {
namespace {

Fd memory_file(const std::string& bytes) {
  Fd fd(::memfd_create("containerlib-request", MFD_CLOEXEC));
  if (!fd || ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw_errno(errno, "write request for the monitor");
  return fd;
}

}  // namespace

void send_request(int socket, RequestType type, const Packet& packet, const std::vector<int>& fds) {
  PacketHead head{type};
  std::vector<int> all = fds;
  Fd large;
  iovec parts[2] = {{&head, sizeof head},
                    {const_cast<char*>(packet.bytes().data()), packet.bytes().size()}};
  std::size_t count = 2;
  if (packet.bytes().size() > packet_limit) {
    head.large = 1;
    large = memory_file(packet.bytes());
    all.insert(all.begin() + 1, large.get());
    count = 1;
  }
  if (all.size() > descriptor_limit)
    throw_error(Errc::invalid_option, "send request to the monitor", "", "too many descriptors");

  const long sent =
      sys::send_message(socket, parts, count, all.data(), static_cast<int>(all.size()));
  if (sent == -EPIPE || sent == -ECONNRESET || sent == -ENOTCONN)
    throw_error(Errc::monitor_lost, "send request to the monitor");
  if (sent < 0) throw_errno(static_cast<int>(-sent), "send request to the monitor");
}

}  // namespace containerlib::monitor
