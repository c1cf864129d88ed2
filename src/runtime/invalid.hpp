#pragma once
#include <string>

#include "base/error.hpp"

namespace containerlib::runtime {

/// A field of ContainerOptions or ExecOptions is wrong: Error::subject() is the field, the hint
/// why.
[[noreturn]] inline void invalid(std::string field, std::string why) {
  throw_error(Errc::invalid_option, "use option", std::move(field), std::move(why));
}

}  // namespace containerlib::runtime
