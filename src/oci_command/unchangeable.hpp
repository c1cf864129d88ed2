#pragma once

namespace containerlib::oci_command {

/// Executes this program anew in a form that cannot be written to, unless it is that already. A
/// container whose command is /proc/self/exe executes the program that has made it, and root in it
/// without a user namespace could write to the file on disk (SEC-21).
void run_unchangeable(char** argv);

}  // namespace containerlib::oci_command
