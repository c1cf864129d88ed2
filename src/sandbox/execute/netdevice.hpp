#pragma once
#include "sandbox/execute/execute.hpp"

namespace containerlib::sandbox {

/// EEXIST: the process's namespace has one of the new name. 0 or -errno.
int move_netdevice(const Launch&, const MoveNetdevice&, int pid);

}  // namespace containerlib::sandbox
