#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/seccomp/oci.hpp"

// What a file of the cache of compiled seccomp profiles holds.
namespace containerlib::sandbox {

/// All that a program depends on, as text. Two profiles have the same one only if they are the
/// same.
std::string seccomp_key(const oci::SeccompProfile&, Architecture);

/// Name of the file for a key. Another key may have the same name: the entry has all of the key.
std::string entry_name(std::string_view key);

std::string entry_bytes(std::string_view key, const SeccompProgram&);
/// nullopt: the entry is of another key, cut off or damaged.
std::optional<SeccompProgram> parse_entry(std::string_view bytes, std::string_view key);

}  // namespace containerlib::sandbox
