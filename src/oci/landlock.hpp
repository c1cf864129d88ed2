#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The specification knows nothing of Landlock: this is what our own options need.
namespace containerlib::oci {

struct LandlockPath {
  std::string path;  ///< in the container
  bool writable = false, executable = true;
  bool optional = false;  ///< no error when it is not there
};

/// What is left to a process of what it could do without.
struct Landlock {
  std::vector<LandlockPath> paths;                                  ///< empty: all files
  std::optional<std::vector<std::uint16_t>> tcp_bind, tcp_connect;  ///< unset: all ports
  bool scope_abstract_sockets = false, scope_signals = false;
};

}  // namespace containerlib::oci
