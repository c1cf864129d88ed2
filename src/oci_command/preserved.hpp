#pragma once
#include "oci_command/arguments.hpp"

namespace containerlib::oci_command {

/// --preserve-fds, and the descriptors of socket activation (sd_listen_fds(3)).
unsigned preserved(const Arguments&);

}  // namespace containerlib::oci_command
