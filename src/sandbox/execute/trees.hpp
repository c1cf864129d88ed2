#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on detached trees, of the runner unless it may not. All return 0 or -errno.
namespace containerlib::sandbox {

int open_tree(Launch&, const OpenTree&);
/// Of a whole procfs, and not a directory in one.
bool is_procfs_root(int tree);
int make_user_namespace(Launch&, const MakeUserNamespace&);
/// `pid`: the new process, unless the step names a user namespace.
int idmap_tree(Launch&, const IdmapTree&, int pid);

}  // namespace containerlib::sandbox
