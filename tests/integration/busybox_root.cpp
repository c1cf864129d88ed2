#include "integration/busybox_root.hpp"

#include "integration/command.hpp"

namespace fs = std::filesystem;

namespace tests {

void make_busybox_root(const fs::path& dir) {
  for (const char* folder :
       {"bin", "dev", "etc", "home/app", "proc", "root", "run", "sys", "tmp", "usr/bin", "var/log"})
    fs::create_directories(dir / folder);
  fs::permissions(dir / "tmp", fs::perms::all | fs::perms::sticky_bit);
  fs::permissions(dir / "root", fs::perms::owner_all);
  fs::copy_file("/bin/busybox", dir / "bin/busybox", fs::copy_options::overwrite_existing);
  for (const std::string& applet : lines_of(command({"/bin/busybox", "--list"}).out))
    if (applet != "busybox") fs::create_symlink("busybox", dir / "bin" / applet);
  write_file(dir / "etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\n"
             "app:x:1000:1000:app:/home/app:/bin/sh\n");
  write_file(dir / "etc/group", "root:x:0:\napp:x:1000:\nextra:x:2000:app\n");
}

}  // namespace tests
