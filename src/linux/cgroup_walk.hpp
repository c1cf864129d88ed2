#pragma once
#include <string>
#include <vector>

namespace containerlib::sys {

/// A group's directory and all groups below it, parents first; empty when it does not exist.
std::vector<std::string> groups_from(const std::string& directory);

/// Writes a control file: 0, or the errno.
int write_control(const std::string& file, const std::string& value);

/// The value of "key value" in a flat keyed file ("frozen" in cgroup.events); empty: not there.
std::string keyed_value(const std::string& text, const std::string& key);

}  // namespace containerlib::sys
