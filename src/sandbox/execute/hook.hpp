#pragma once
#include "sandbox/execute/execute.hpp"

// Steps that run programs of the host or the container. All return 0 or -errno, or what
// run_program() has more.
namespace containerlib::sandbox {

/// Tells the runner, which waits in expect(), that the process has come here.
int announce(const Launch&);
/// ECANCELED: the process has failed or ended instead. What it says of that stays in the socket.
int expect(const Launch&);
/// `pid`: what the hook is told of the container's process.
int run_hook(const Launch&, const RunHook&, int pid);
int run_id_tool(const Launch&, const RunIdTool&, int pid);

}  // namespace containerlib::sandbox
