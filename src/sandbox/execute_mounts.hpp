#pragma once
#include "sandbox/execute.hpp"

// Steps on mounts and paths. All return 0 or -errno.
namespace containerlib::sandbox {

int private_mounts();
int attach(int tree);
int attach_at(int tree, const char* path);
/// Takes away what attach() has put on "/" last.
int detach();
int enter(int tree, const char* path);
int make_fs(Launch&, const MakeFs&);
int make_overlay(Launch&, const MakeOverlay&);
int mount_into(Launch&, const MountInto&);
int mount_below(Launch&, const MountBelow&);
int bind_device(Launch&, const BindDevice&);
int make_symlink(Launch&, const MakeSymlink&);
int mask_path(Launch&, const char* path);
int readonly_path(Launch&, const char* path);
int set_mount_flags(Launch&, const SetMountFlags&);
int pivot(int root);

/// open_tree(CLONE) of a host device, which must be this one (SEC-06): a descriptor or -errno.
int open_device(const char* path, unsigned major, unsigned minor);
/// Attaches a detached mount at an open path.
int move_to(int tree, int target);

}  // namespace containerlib::sandbox
