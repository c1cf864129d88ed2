#include "monitor/packet.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <containerlib/fd.hpp>

#include "base/error.hpp"

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

  const std::size_t size = all.size() * sizeof(int);
  alignas(cmsghdr) char control[CMSG_SPACE(descriptor_limit * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(rights), all.data(), size);
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
      throw_error(Errc::monitor_lost, "send request to the monitor");
    throw_errno(errno, "send request to the monitor");
  }
}

}  // namespace containerlib::monitor
