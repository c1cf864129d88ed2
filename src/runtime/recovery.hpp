#pragma once
#include <string>

#include "runtime/state_file.hpp"

namespace containerlib::runtime {

class Engine;

/// Undoes what processes that were killed have left: cgroups with what still runs in them,
/// container directories, state files, and records without a directory. Also where the state files
/// are lost, as after a reboot: containers that ran get an exit record or, with auto_remove, go,
/// and so do directories without a record. What is in use, by another run directory, is left alone.
/// What cannot be undone now is logged and tried again the next time.
void recover(Engine&);

/// The same for one container whose holder has died; the lock is let go of at the end.
void recover_one(Engine&, const std::string& id, StateDir::Abandoned);

/// The groups of a container are gone, and whatever ran in them.
void remove_cgroups(const sys::CgroupDirs&);

/// Takes records away whose directory the monitor has removed.
void forget_removed(Engine&);

}  // namespace containerlib::runtime
