#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <string>
#include <string_view>

namespace containerlib::bundle {

/// Throws invalid_option for a console socket without a terminal, and, when the terminal is
/// `needed` elsewhere, for a terminal without one.
void check_terminal(bool terminal, const std::string& console_socket, bool needed);

/// The other side of --console-socket or --pidfd-socket: a stream socket to which a terminal's
/// master or the process's pidfd is sent (SCM_RIGHTS).
class Console {
 public:
  /// Connects; an empty path is none, and nothing is sent then.
  explicit Console(const std::string& path);
  void send_terminal(Fd);
  void send_pidfd(pid_t);

 private:
  /// `name`: for messages only.
  void send(const Fd&, std::string_view name);
  std::string path_;
  Fd socket_;
};

}  // namespace containerlib::bundle
