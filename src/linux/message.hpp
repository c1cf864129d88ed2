#pragma once
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

// A message with descriptors (SCM_RIGHTS, unix(7)). Raw: nothing is allocated, nothing is thrown.
namespace containerlib::sys {

inline constexpr int message_fd_limit = 64;

/// One message of these parts and descriptors. Bytes sent, or -errno; raises no SIGPIPE.
inline long send_message(int socket, iovec* parts, std::size_t part_count, const int* fds,
                         int count) {
  if (count > message_fd_limit) return -E2BIG;
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(int);
  alignas(cmsghdr) char control[CMSG_SPACE(message_fd_limit * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = part_count;
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), fds, bytes);
  }
  long sent;
  do sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}
inline long send_message(int socket, const void* data, std::size_t size, const int* fds = nullptr,
                         int count = 0) {
  iovec part{const_cast<void*>(data), size};
  return send_message(socket, &part, 1, fds, count);
}

struct Received {
  long size = 0;     ///< bytes; 0: the end of file; -errno
  bool cut = false;  ///< bytes did not fit, or there was no room for all descriptors
  int count = 0;     ///< of descriptors, which are the receiver's to close
  int fds[message_fd_limit];
};

/// The next message; descriptors come with O_CLOEXEC. ECONNRESET comes once, before what was sent,
/// when the other side has ended without having read all that it got: what was sent is returned.
inline Received receive_message(int socket, void* data, std::size_t size, int flags = 0) {
  iovec part{data, size};
  alignas(cmsghdr) char control[CMSG_SPACE(message_fd_limit * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  Received out;
  do out.size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  while (out.size < 0 && (errno == EINTR || errno == ECONNRESET));
  if (out.size < 0) {
    out.size = -errno;
    return out;
  }
  out.cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) {
    out.count = static_cast<int>((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(out.fds, CMSG_DATA(header), static_cast<std::size_t>(out.count) * sizeof(int));
  }
  return out;
}

}  // namespace containerlib::sys
