#pragma once
#include "sandbox/execute/execute.hpp"

// Filters of system calls. Both return 0 or -errno.
namespace containerlib::sandbox {

/// Connects to the program that will answer notifications, for load_seccomp().
int connect_listener(Launch&, const char* path);

/// Loads a filter. With a listener, its descriptor and the state are sent to the connected program,
/// and the connection is closed, before it returns.
int load_seccomp(const Launch&, const LoadSeccomp&);

}  // namespace containerlib::sandbox
