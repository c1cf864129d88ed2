#pragma once
#include <filesystem>

namespace tests {

/// Makes a root file system of Debian's busybox-static below `dir`, which is made: /bin with a link
/// for every applet, /etc/passwd with root and app (1000:1000), which is also in the group extra
/// (2000), and the usual empty directories.
void make_busybox_root(const std::filesystem::path& dir);

}  // namespace tests
