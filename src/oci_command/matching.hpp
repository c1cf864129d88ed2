#pragma once
#include <string>
#include <vector>

namespace containerlib::oci_command {

/// The ids of containers below the root that an extended regular expression (regex(7)) matches
/// somewhere, for --regex. Throws invalid_option for what is none.
std::vector<std::string> matching_ids(const std::string& root, const std::string& expression);

}  // namespace containerlib::oci_command
