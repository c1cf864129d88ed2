#pragma once
#include <sys/types.h>

#include <string>

namespace containerlib::bundle {

/// Writes the process's id to a file that appears as a whole.
void write_pid_file(const std::string& path, pid_t);

}  // namespace containerlib::bundle
