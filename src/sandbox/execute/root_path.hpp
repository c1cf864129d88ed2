#pragma once

// Paths inside a root file system, for the executor: every look-up is openat2(RESOLVE_IN_ROOT) on
// the root's descriptor. All return a descriptor (O_PATH) or -errno.
namespace containerlib::sandbox {

/// `follow`: symlinks are followed, within the root; else one is an error (ELOOP).
int open_in_root(int root, const char* path, bool follow);
/// The same, and makes what is missing: directories (0755) on the way, and at the end a directory
/// or an empty file.
int make_in_root(int root, const char* path, bool directory, bool follow);
/// The directory of the last component, made likewise.
int make_parent_in_root(int root, const char* path, bool follow);
/// What follows the last slash of `path`, which has one.
const char* last_component(const char* path);

}  // namespace containerlib::sandbox
