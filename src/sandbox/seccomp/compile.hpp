#pragma once
#include <containerlib/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/seccomp/syscalls.hpp"

namespace containerlib::sandbox {

/// What a filter depends on: the capabilities the process may hold ("CAP_SYS_ADMIN"; those unlock
/// calls), and the caller's own rules over the default profile, the last for a call wins.
struct SeccompRequest {
  std::vector<std::string> capabilities = {};
  std::vector<Seccomp::Rule> rules = {};
  bool operator==(const SeccompRequest&) const = default;
};

/// The filter as bytes (struct sock_filter, native byte order). Throws invalid_option (the system
/// call) for a rule with an unknown name or an errno outside 0 to 4095. A rule for a call that only
/// other architectures have is without effect.
std::vector<std::uint8_t> compile_seccomp(const SeccompRequest&,
                                          Architecture = native_architecture());

}  // namespace containerlib::sandbox
