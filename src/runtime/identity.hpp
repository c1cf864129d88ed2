#pragma once
#include <string>
#include <string_view>

namespace containerlib::runtime {

/// 64 random hexadecimal digits.
std::string new_id();
/// Two words, "calm_heron"; the caller tries again when it is taken.
std::string new_name();
/// Throws invalid_option("name") unless it is [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 128 bytes.
void check_name(std::string_view);
/// Whether the text can be the beginning of an id.
bool is_id_prefix(std::string_view);

}  // namespace containerlib::runtime
