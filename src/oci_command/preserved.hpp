#pragma once
#include <string>
#include <vector>

#include "oci_command/arguments.hpp"

namespace containerlib::oci_command {

struct Preserved {
  unsigned count = 0;            ///< descriptors from 3 on
  std::vector<std::string> env;  ///< what tells the program of those of socket activation
};
/// By --preserve-fds, after those of socket activation (sd_listen_fds(3)).
Preserved preserved(const Arguments&);

}  // namespace containerlib::oci_command
