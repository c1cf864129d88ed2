#pragma once

// Programs of the host (hooks, newuidmap) that a runner, or the new process, runs to their end.
// Part of the executor: nothing here throws or allocates.
namespace containerlib::sandbox {

struct Program {
  const char* path = nullptr;  ///< absolute
  const char* const* args = nullptr;
  const char* const* env = nullptr;
  const char* dir = nullptr;  ///< nullptr: where the caller is
  int input = -1;             ///< what becomes its standard input; -1: /dev/null
  int timeout = 0;            ///< seconds; 0: none
};

/// Runs it with the caller's standard error and no other descriptor. 0 when it has exited with 0;
/// -errno: it could not be executed, or ETIMEDOUT (then it was killed); -(program_exited + status),
/// -(program_killed + signal).
int run_program(const Program&);

}  // namespace containerlib::sandbox
