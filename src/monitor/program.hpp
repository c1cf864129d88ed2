#pragma once
#include <span>

namespace containerlib::monitor {

/// The monitor program's file, embedded in the library at build time.
std::span<const unsigned char> monitor_program();

}  // namespace containerlib::monitor
