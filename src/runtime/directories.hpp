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

/// Against the working directory. Throws the errno when there is none (any more).
std::filesystem::path absolute_path(const std::filesystem::path&);

}  // namespace containerlib::runtime
