#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on small settings of the kernel's. All return 0 or -errno.
namespace containerlib::sandbox {

/// In the runner.
int open_proc(Launch&, const OpenProc&);
/// In a new time namespace. Before a change of ids, after which the process's files in /proc belong
/// to somebody else.
int set_time_offsets(const Launch&, const TimeOffsets&);
int set_personality(const SetPersonality&);
int set_sysctl(const Launch&, const SetSysctl&);
int write_label(const Launch&, const WriteLabel&);

}  // namespace containerlib::sandbox
