#pragma once
#include <string_view>

#include "base/broken_defence.hpp"

namespace containerlib {

/// Whether this build lacks the defence on purpose (`-Dbreak=SEC-22`): so that
/// tests/security/matrix sees the test of that defence fail. False in every other build.
// NOLINTNEXTLINE(readability-container-size-empty): it is empty in some builds only.
consteval bool broken(std::string_view defence) { return defence == CONTAINERLIB_BROKEN_DEFENCE; }

}  // namespace containerlib
