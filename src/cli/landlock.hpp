#pragma once
#include <containerlib/options.hpp>

#include <string>

namespace containerlib::cli {

/// `--security-opt landlock=ITEMS`, separated by commas: ro:PATH and rw:PATH, with "-noexec" before
/// the colon where nothing may be executed; bind:PORT and connect:PORT of TCP, or none for the
/// PORT, net:none for both; scope:signals, scope:sockets. Adds to what is there already. Throws
/// UsageError.
void parse_landlock(const std::string& items, Landlock&);

/// The items that parse_landlock() would make it of; empty for none.
std::string landlock_text(const Landlock&);

}  // namespace containerlib::cli
