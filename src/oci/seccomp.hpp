#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// linux.seccomp of the OCI runtime configuration (config-linux.md, "Seccomp").
namespace containerlib::oci {

struct SeccompArgument {
  std::uint32_t index = 0;
  std::uint64_t value = 0, value_two = 0;
  std::string op;  ///< "SCMP_CMP_EQ"
};

struct SeccompRule {
  std::vector<std::string> names;
  std::string action;  ///< "SCMP_ACT_ALLOW"
  std::optional<std::uint32_t> errno_ret;
  std::vector<SeccompArgument> args;  ///< all must hold
};

struct SeccompProfile {
  std::string default_action;
  std::optional<std::uint32_t> default_errno_ret;
  std::vector<std::string> architectures;  ///< "SCMP_ARCH_X86_64"; empty: the native one
  std::vector<std::string> flags;          ///< "SECCOMP_FILTER_FLAG_LOG"
  std::string listener_path, listener_metadata;
  std::vector<SeccompRule> syscalls;
};

/// A filter that is already a BPF program (struct sock_filter, native byte order).
struct Seccomp {
  std::vector<std::uint8_t> program;
  std::uint32_t flags = 0;         ///< SECCOMP_FILTER_FLAG_*
  std::string listener_path = {};  ///< the listener's descriptor is sent there; empty: no listener
  /// Sent with it: a ContainerProcessState in JSON, a NUL where the process's id belongs.
  std::string listener_state = {};
};

}  // namespace containerlib::oci
