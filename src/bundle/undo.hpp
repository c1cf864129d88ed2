#pragma once
#include "bundle/host.hpp"
#include "bundle/record.hpp"

namespace containerlib::bundle {

/// Ends all processes of the container, waits for that, removes its groups and its directory, and
/// runs its poststop hooks. Throws what could not be removed; then the directory stays, to be
/// removed by another try.
void undo(const Host&, ContainerDir&, const Record&);

/// SIGKILL to process 1 and all in its groups; returns when they have ended.
void end_processes(const Record&);

}  // namespace containerlib::bundle
