#pragma once
#include <containerlib/options.hpp>

#include <sys/types.h>

#include <string>

namespace containerlib::runtime {

struct Directories {
  std::string root, run_root;  ///< absolute
};

/// RuntimeOptions::root and run_root, or their defaults for this user. Throws
/// invalid_option("root") when the environment has no home directory.
Directories choose_directories(const RuntimeOptions&, uid_t uid);

}  // namespace containerlib::runtime
