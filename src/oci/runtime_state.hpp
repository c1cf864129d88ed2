#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// The state of a container as the runtime-spec has it (runtime.md, "State"): for callers, hooks and
// seccomp agents.
namespace containerlib::oci {

struct RuntimeState {
  std::string oci_version, id;
  std::string status;    ///< "creating", "created", "running", "stopped"; ours: "paused"
  std::int32_t pid = 0;  ///< 0: none; not written when stopped
  std::string bundle;    ///< absolute
  std::map<std::string, std::string> annotations;
};

/// What a seccomp agent gets along with the listener (config-linux.md, "The Container Process
/// State").
struct ContainerProcessState {
  std::string oci_version;
  std::vector<std::string> fds;  ///< names of the descriptors sent: "seccompFd"
  std::int32_t pid = 0;
  std::string metadata;  ///< listenerMetadata
  RuntimeState state;
};

std::string to_json(const RuntimeState&);
std::string to_json(const ContainerProcessState&);
/// Throws invalid_option whose subject is the field; `what` names the document.
RuntimeState parse_runtime_state(std::string_view json, std::string_view what);

}  // namespace containerlib::oci
