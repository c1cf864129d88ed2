#pragma once
#include <containerlib/options.hpp>

#include <set>
#include <string_view>

#include "oci/runtime_spec.hpp"

namespace containerlib::runtime {

/// The host's CPUs and memory nodes that can be used now, by number.
std::set<unsigned> online_cpus();
std::set<unsigned> online_nodes();

/// "0-1,3" → {0, 1, 3}; throws invalid_option(field) for anything else.
std::set<unsigned> parse_cpu_list(std::string_view text, const std::string& field);

/// Limits in the terms of the runtime spec. Reads the device numbers of Limits::io. Throws
/// invalid_option with the field: "limits.memory".
oci::Resources to_resources(const Limits&, const std::set<unsigned>& cpus,
                            const std::set<unsigned>& nodes);

}  // namespace containerlib::runtime
