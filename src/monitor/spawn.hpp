#pragma once
#include <containerlib/fd.hpp>

namespace containerlib::monitor {

/// Starts the monitor program and returns the host's end of its control socket. The monitor is no
/// child of this process: waitpid(-1) does not see it and it raises no SIGCHLD, as it is the child
/// of a short-lived process that never called execve (execve sets the exit signal to SIGCHLD).
/// Nothing of the host but its memory map's size, limits and credentials matters to it; no page is
/// copied.
Fd spawn_monitor();

}  // namespace containerlib::monitor
