#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <cstdint>
#include <string>

#include "bundle/container_dir.hpp"
#include "bundle/record.hpp"

// The container's process 1, as another process sees it.
namespace containerlib::bundle {

/// Field 22 of /proc/PID/stat (proc(5)); 0 when there is no such process or it has ended and waits
/// to be reaped.
std::uint64_t start_time_of(pid_t);

/// A pidfd of the process in the record; empty when that has ended.
Fd open_process(const Record&);

enum class Status { creating, created, running, paused, stopped };
/// As runtime-spec runtime.md, "State", names it.
const char* name_of(Status);
Status status_of(const ContainerDir&, const Record&);

/// The socket on which a created container's process waits for its start: listens. Nobody connects
/// before announce_start(), with which the container is created.
Fd listen_for_start(const ContainerDir&);
void announce_start(const ContainerDir&);
void forget_start(const ContainerDir&);
/// Connects to it. Empty: nobody waits there (any more).
Fd connect_to_start(const ContainerDir&);

}  // namespace containerlib::bundle
