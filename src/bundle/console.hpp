#pragma once
#include <containerlib/fd.hpp>

#include <string>

namespace containerlib::bundle {

/// Throws invalid_option for a console socket without a terminal, and, when the terminal is
/// `needed` elsewhere, for a terminal without one.
void check_terminal(bool terminal, const std::string& console_socket, bool needed);

/// The other side of --console-socket: a stream socket to which a terminal's master is sent.
class Console {
 public:
  /// Connects; an empty path is none.
  explicit Console(const std::string& path);
  void send(Fd terminal);

 private:
  std::string path_;
  Fd socket_;
};

}  // namespace containerlib::bundle
