#pragma once

namespace containerlib::oci_command {

/// Executes this program anew from a copy in memory that cannot be changed, unless it runs from
/// one. A container whose command is /proc/self/exe executes the program that has made it, and root
/// in it without a user namespace could write to the file on disk (SEC-21).
void run_from_sealed_copy(char** argv);

}  // namespace containerlib::oci_command
