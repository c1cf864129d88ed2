#include "linux/cgroup_files.hpp"

#include <doctest/doctest.h>

using namespace containerlib::sys;
using Names = std::vector<std::string>;

TEST_CASE("mountinfo: cgroup mounts with controllers, root and escapes") {
  const auto mounts = parse_cgroup_mounts(
      "22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
      "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 master:2 - cgroup2 cgroup2 rw,nsdelegate\n"
      "33 31 0:30 /a\\040b /mnt/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct,xattr\n"
      "40 31 0:37 / /mnt/c\\134d rw - cgroup cgroup rw,xattr,name=systemd\n"
      "bad line\n"
      "41 31 0:37 / /x rw cgroup cgroup rw\n"
      "42 31 0:37 / /x rw -\n");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].version == 2);
  CHECK(mounts[0].point == "/sys/fs/cgroup");
  CHECK(mounts[0].controllers.empty());
  CHECK(mounts[1].version == 1);
  CHECK_FALSE(mounts[0].read_only);
  CHECK(mounts[1].read_only);
  CHECK(mounts[1].root == "/a b");
  CHECK(mounts[1].controllers == Names{"cpu", "cpuacct"});
  CHECK(mounts[2].point == "/mnt/c\\d");
  CHECK(mounts[2].controllers.empty());
  CHECK(parse_cgroup_mounts("").empty());
}

TEST_CASE("/proc/PID/cgroup") {
  const auto own = parse_cgroup_memberships(
      "9:name=systemd:/s\n3:cpu,cpuacct:/a:b\n0::/user.slice\nnoise\n1:x\n");
  REQUIRE(own.size() == 3);
  CHECK(own[0].controllers.empty());
  CHECK_FALSE(own[0].unified);
  CHECK(own[1].controllers == Names{"cpu", "cpuacct"});
  CHECK(own[1].path == "/a:b");
  CHECK(own[2].unified);
  CHECK(own[2].path == "/user.slice");
}

TEST_CASE("where a mount shows a group") {
  CgroupMount mount = {.version = 2, .root = "/", .point = "/cg", .controllers = {}};
  CHECK(directory_of(mount, "/") == "/cg");
  CHECK(directory_of(mount, "/a/b") == "/cg/a/b");
  CHECK(directory_of(mount, "/../x") == "");
  CHECK(directory_of(mount, "") == "");
  mount.root = "/a";
  CHECK(directory_of(mount, "/a") == "/cg");
  CHECK(directory_of(mount, "/a/b") == "/cg/b");
  CHECK(directory_of(mount, "/ab") == "");
  CHECK(directory_of(mount, "/") == "");
  mount.root = "/../..";
  CHECK(directory_of(mount, "/a") == "");
}
