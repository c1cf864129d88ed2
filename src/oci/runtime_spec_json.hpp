#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "oci/runtime_spec.hpp"

// The OCI runtime configuration as JSON (runtime-spec 1.3). `what` names the document in messages.
// Whatever is wrong with it is invalid_option whose subject is the field, named as in the
// specification ("mounts[2].destination"). Unknown fields are ignored, as it demands.
namespace containerlib::oci {

/// A config.json. Capabilities that Linux does not have and the sections of other platforms are
/// left out and told in `warnings`; without `warnings` such a capability is an error. No `process`:
/// Process::args is empty.
RuntimeSpec parse_runtime_spec(std::string_view json, std::string_view what,
                               std::vector<std::string>* warnings = nullptr);
/// `process` alone, for a further process.
Process parse_process(std::string_view json, std::string_view what,
                      std::vector<std::string>* warnings = nullptr);
/// `linux.resources` alone, for an update.
Resources parse_resources(std::string_view json, std::string_view what);

/// A config.json. What has no place there is not written: id, the compiled seccomp filter.
std::string to_json(const RuntimeSpec&);
std::string to_json(const Process&);
std::string to_json(const Resources&);

}  // namespace containerlib::oci
