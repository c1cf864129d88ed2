#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on mounts and paths. All return 0 or -errno.
namespace containerlib::sandbox {

int private_mounts();
int attach(int tree);
int attach_at(int tree, const char* path);
/// Takes away what attach() has put on "/" last.
int detach();
int enter(int tree, const char* path);
int mount_into(Launch&, const MountInto&);
int mount_below(Launch&, const MountBelow&);
int set_mount_flags(Launch&, const SetMountFlags&);
int set_propagation(Launch&, const SetPropagation&);
int pivot(int root);
int change_root(int root);

// fs.cpp
int make_fs(Launch&, const MakeFs&);
int reconfigure_fs(Launch&, const ReconfigureFs&);
int make_overlay(Launch&, const MakeOverlay&);

// execute_copy_up.cpp
int copy_up(Launch&, const CopyUp&);

// devices.cpp
int bind_device(Launch&, const BindDevice&);
int make_symlink(Launch&, const MakeSymlink&);
int make_device(Launch&, const MakeDevice&);
int make_link(Launch&, const MakeLink&);

// masks.cpp
int mask_path(Launch&, const Place&);
int readonly_path(Launch&, const Place&);

/// open_tree(CLONE) of a host device, which must be this one (SEC-06): a descriptor or -errno.
int open_device(const char* path, unsigned type, unsigned major, unsigned minor);
/// Attaches a detached mount at an open path.
int move_to(int tree, int target);
/// By name in an open directory; a symbolic link is not followed.
int attach_below(int tree, int dir, const char* name);
/// An empty read-only file system over an open directory.
int mask_directory(int target);

}  // namespace containerlib::sandbox
