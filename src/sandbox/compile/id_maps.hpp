#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "oci/runtime_spec.hpp"

namespace containerlib::sandbox {

/// As /proc/PID/uid_map takes it (user_namespaces(7)).
std::string id_map(const std::vector<oci::IdMapping>&);

}  // namespace containerlib::sandbox
