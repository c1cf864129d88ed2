#pragma once
#include <cstddef>

#include "sandbox/execute/execute.hpp"

// Steps on the process itself. All return 0 or -errno.
namespace containerlib::sandbox {

/// Waits until the runner lets it go on.
int await_release(Launch&);
/// Tells the runner that all is ready, which ends its part, and waits for somebody else to connect
/// to Launch::start and say that the program shall be executed. What fails then is told to him.
int await_start(Launch&);
int new_keyring(const char* name);
int restore_limits(const Launch&);
int set_rlimit(const SetRlimit&);
/// Makes a missing directory, as engines do for an image's WORKDIR; not for an exec'd process.
int change_dir(Launch&, const char* path);
int drop_bounding(std::uint64_t keep);
int set_groups(const Launch&, const SetGroups&);
int set_ids(const SetIds&);
int set_capabilities(const SetCapabilities&);
int no_new_privileges();
/// Makes a pseudo-terminal, sends its master to the monitor, puts the other side on 0, 1, 2.
int open_terminal(Launch&, const Terminal&);
/// Whether execute() would find a program that may be executed: 0, or its error.
int find_program(Launch&, const Execute&);
/// Returns only by failing: ENOENT no such program, EACCES one that may not be executed.
int execute(Launch&, const Execute&);

/// Pointers to the items of a list, as execve wants them; nullptr when memory is short.
const char** pointers(const char* list, std::uint32_t size);

}  // namespace containerlib::sandbox
