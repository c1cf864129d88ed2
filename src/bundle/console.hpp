#pragma once
#include <containerlib/fd.hpp>

#include <string>

namespace containerlib::bundle {

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
