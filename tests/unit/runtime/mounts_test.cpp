#include "runtime/mounts.hpp"

#include <fstream>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

using Words = std::vector<std::string>;

std::string refused(std::vector<Mount> mounts) {
  return refused_field([&] { checked_mounts(std::move(mounts)); });
}

}  // namespace

TEST_CASE("targets are checked") {
  for (const char* target : {"", "data", "./data", "/", "//", "/a/..", "/proc", "/proc/sys",
                             "/x/../proc/1", "/sys", "/dev"})
    CHECK_MESSAGE(refused({{.target = target}}) == "mounts.target", target);
  for (const char* target : {"/data", "/process", "/dev/shm", "/sys/fs/cgroup"})
    CHECK_MESSAGE(refused({{.target = target}}) == "", target);
  CHECK(refused({{.target = "/a"}, {.target = "/a/"}}) == "mounts.target");
}

TEST_CASE("parents are mounted first, else the order stays") {
  const auto out = checked_mounts(
      {{.target = "/a/b/c"}, {.target = "/z"}, {.target = "/a/b/"}, {.target = "/b"}});
  Words targets;
  for (const Mount& mount : out) targets.push_back(mount.target);
  CHECK(targets == Words{"/z", "/b", "/a/b", "/a/b/c"});
}

TEST_CASE("sources become absolute and must exist") {
  const TemporaryDirectory dir;
  std::ofstream(dir / "file") << "x";
  CHECK(checked_mounts({{.source = dir / "file", .target = "/f"}})[0].source == dir / "file");
  const auto relative = checked_mounts({{.source = ".", .target = "/f"}});
  CHECK(relative[0].source.is_absolute());
  CHECK_THROWS_WITH_AS(
      checked_mounts({{.source = dir / "none", .target = "/f"}}),
      ("use mount source " + (dir / "none") + ": No such file or directory").c_str(), Error);
}

TEST_CASE("a host directory is read-only unless asked") {
  const oci::Mount read_only = to_oci({.source = "/srv", .target = "/data"}, true);
  CHECK(read_only.type == "bind");
  CHECK(read_only.source == "/srv");
  CHECK(read_only.destination == "/data");
  CHECK(read_only.options == Words{"rbind", "rnosuid", "rnodev", "rro"});
  CHECK(read_only.idmap);
  const oci::Mount writable =
      to_oci({.source = "/srv", .target = "/data", .writable = true}, false);
  CHECK(writable.options == Words{"rbind", "rnosuid", "rnodev"});
  CHECK_FALSE(writable.idmap);
}

TEST_CASE("a tmpfs has its size and mode") {
  const oci::Mount tmpfs =
      to_oci({.target = "/t", .tmpfs_size = Bytes{65536}, .tmpfs_mode = 0700}, true);
  CHECK(tmpfs.type == "tmpfs");
  CHECK(tmpfs.options == Words{"nosuid", "nodev", "noexec", "rw", "mode=700", "size=65536"});
  CHECK_FALSE(tmpfs.idmap);
  CHECK(refused({{.target = "/t", .tmpfs_size = Bytes{0}}}) == "mounts.tmpfs_size");
  CHECK(refused({{.target = "/t", .tmpfs_mode = 010000}}) == "mounts.tmpfs_mode");
}

TEST_CASE("without a network namespace of its own a user namespace gets the host's sysfs") {
  const auto type_of_sys = [](bool shares_network, bool user_namespace) {
    for (const oci::Mount& mount : default_mounts(shares_network, user_namespace, 64_MiB))
      if (mount.destination == "/sys") return mount.type;
    return std::string();
  };
  CHECK(type_of_sys(false, true) == "sysfs");
  CHECK(type_of_sys(true, false) == "sysfs");
  CHECK(type_of_sys(true, true) == "bind");
}
