#pragma once
#include <sys/types.h>

// criu reads some images of a container in a user namespace as that container's root, when it
// restores it.
namespace containerlib::criu {

/// The group of the host that is 0 in the process's user namespace; 0 when that is the host's own.
gid_t group_of_root(pid_t);
/// Lets this group read the images; 0: nothing to do. It may not write them: with that it could do
/// all that criu can.
void share_images(int images, gid_t);

}  // namespace containerlib::criu
