#pragma once
#include <string>
#include <vector>

#include "linux/host_facts.hpp"

namespace containerlib::runtime {

/// What the bounding set of a container holds: the default eleven, plus `add`, minus `drop` ("ALL"
/// in `drop` clears the default before `add`). Names come as "CAP_KILL", in the kernel's order.
/// `own_user_namespace`: the kernel gives a full set there, else only what the host itself may pass
/// on. Throws invalid_option (the field) for an unknown name, not_permitted for one asked for by
/// name that the host lacks.
std::vector<std::string> bounding_capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop,
                                               const sys::HostFacts&, bool own_user_namespace);

}  // namespace containerlib::runtime
