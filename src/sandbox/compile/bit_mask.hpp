#pragma once
#include <string>
#include <string_view>

namespace containerlib::sandbox {

/// "0-3,7" as an array of unsigned long with these bits, as the kernel takes sets of CPUs and
/// nodes. Empty for an empty list. Throws invalid_option with this subject.
std::string bit_mask(std::string_view list, const char* field);

}  // namespace containerlib::sandbox
