#pragma once

namespace containerlib::sys {

/// Removes what is at `path` below `dir`, with all below it. Follows no symlink and crosses into
/// directories by descriptor only, so it is safe on trees that came from an image. 0 (also when
/// there was nothing) or -errno of the first entry that could not be removed; the others are
/// removed. Raw system calls; uses no more than a few dozen descriptors however deep the tree is.
int remove_tree(int dir, const char* path);

}  // namespace containerlib::sys
