#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace containerlib::sandbox {

/// Number of "CAP_KILL" (capabilities(7)); nullopt for an unknown name.
std::optional<int> capability_number(std::string_view name);
/// Every name this library knows, by number.
const std::vector<std::string>& capability_names();
/// Bit n for capability n. Throws invalid_option for an unknown name.
std::uint64_t capability_mask(const std::vector<std::string>& names);

}  // namespace containerlib::sandbox
