#include "bundle/console.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::bundle {

void check_terminal(bool terminal, const std::string& console_socket, bool needed) {
  if (!terminal && !console_socket.empty())
    throw_error(Errc::invalid_option, "use option", "--console-socket",
                "process.terminal is false");
  if (terminal && needed && console_socket.empty())
    throw_error(Errc::invalid_option, "use option", "--console-socket",
                "process.terminal is true, so there must be one");
}

Console::Console(const std::string& path) : path_(path) {
  if (path.empty()) return;
  // By descriptor, as a socket's path is cut at 107 bytes (unix(7)).
  const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) throw_errno(errno, "open socket", path);
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_) throw_errno(errno, "make socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "/proc/self/fd/" + std::to_string(place.get());
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw_errno(errno, "connect to socket", path);
}

void Console::send_terminal(Fd terminal) {
  // runc sends the slave's name.
  send(terminal, "/dev/console");
}

void Console::send_pidfd(pid_t pid) {
  if (!socket_) return;
  const long fd = sys::pidfd_open(pid);
  if (fd < 0) throw_errno(static_cast<int>(-fd), "open process", std::to_string(pid));
  send(Fd(static_cast<int>(fd)), "pidfd");
}

void Console::send(const Fd& sent, std::string_view name) {
  if (!socket_) return;
  const int fd = sent.get();
  if (const long r = sys::send_message(socket_.get(), name.data(), name.size(), &fd, 1); r < 0)
    throw_errno(static_cast<int>(-r), "send descriptor to socket", path_);
}

}  // namespace containerlib::bundle
