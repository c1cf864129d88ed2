#pragma once

// Where in the root file system something is mounted: as in root_path.hpp, but what a symlink leads
// to is not in /proc, /sys or /dev (ELOOP). There later steps, and whoever looks into the
// container, count on finding what is called so (SEC-01, SEC-09).
namespace containerlib::sandbox {

int open_target(int root, const char* path, bool follow);
/// Made if it is missing: a directory, or an empty file.
int make_target(int root, const char* path, bool directory, bool follow);

}  // namespace containerlib::sandbox
