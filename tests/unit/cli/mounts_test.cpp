#include "cli/mounts.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/arguments.hpp"

using namespace containerlib;
using namespace containerlib::cli;

TEST_CASE("a volume is read-only unless it says rw") {
  const Mount mount = parse_volume("/src:/dst");
  CHECK(mount.source == "/src");
  CHECK(mount.target == "/dst");
  CHECK_FALSE(mount.writable);
  CHECK_FALSE(parse_volume("/src:/dst:ro").writable);
  CHECK(parse_volume("/src:/dst:rw").writable);
}

TEST_CASE("a relative source is made absolute") {
  const auto here = std::filesystem::current_path();
  CHECK(parse_volume("./a:/b").source == here / "a");
  CHECK(parse_volume(".:/b").source == here);
  CHECK(parse_volume("..:/b").source == here.parent_path());
  if (const char* home = getenv("HOME"))
    CHECK(parse_volume("~/a:/b").source == std::filesystem::path(home) / "a");
}

TEST_CASE("volumes that are refused") {
  for (const char* text :
       {"", "/only", ":/b", "/a:b", "/a:", "/a:/b:rw:ro", "named:/b", "/a:/b:shared", "/a:/b:"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_volume(text), UsageError);
  }
}

TEST_CASE("what docker users write for SELinux and propagation changes nothing") {
  if (access("/sys/fs/selinux/enforce", F_OK) != 0) {
    CHECK_FALSE(parse_volume("/a:/b:z").writable);
    CHECK(parse_volume("/a:/b:rw,Z").writable);
  }
  CHECK(parse_volume("/a:/b:rw,rprivate").writable);
  CHECK_FALSE(parse_mount("src=/a,dst=/b,bind-propagation=rprivate").writable);
  CHECK_THROWS_WITH_AS(parse_volume("/a:/b:rshared"),
                       "invalid -v \"/a:/b:rshared\": there is no propagation but rprivate, so no "
                       "rshared",
                       UsageError);
}

TEST_CASE("--mount") {
  const Mount bind = parse_mount("type=bind,source=/a,target=/b");
  CHECK(bind.source == "/a");
  CHECK(bind.target == "/b");
  CHECK_FALSE(bind.writable);
  CHECK(parse_mount("type=bind,src=/a,dst=/b,rw").writable);
  CHECK(parse_mount("src=/a,destination=/b,readonly=false").writable);
  CHECK_FALSE(parse_mount("src=/a,dst=/b,readonly").writable);
  CHECK_FALSE(parse_mount("src=/a,dst=/b,rw=false").writable);
  CHECK(parse_mount("\"src=/a,b\",dst=/b").source == "/a,b");
  const Mount tmpfs = parse_mount("type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=0700");
  CHECK(tmpfs.source.empty());
  CHECK(tmpfs.tmpfs_size == 64_MiB);
  CHECK(tmpfs.tmpfs_mode == 0700);
  CHECK_FALSE(tmpfs.read_only);
  CHECK(parse_mount("type=tmpfs,target=/t,readonly").read_only);
  for (const char* text :
       {"", "src=/a", "type=bind,dst=/b", "type=volume,src=/a,dst=/b", "type=tmpfs,src=/a,dst=/b",
        "src=/a,dst=b", "src=/a,dst=/b,bind-propagation=shared", "src=/a,dst=/b,readonly=maybe",
        "src=/a,dst=/b,tmpfs-size=1m"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_mount(text), UsageError);
  }
}

TEST_CASE("--tmpfs") {
  CHECK(parse_tmpfs("/run").target == "/run");
  CHECK(parse_tmpfs("/run").tmpfs_mode == 01777);
  const Mount mount = parse_tmpfs("/run:rw,noexec,nosuid,size=1g,mode=755,uid=7,gid=8");
  CHECK(mount.tmpfs_uid == 7);
  CHECK(mount.tmpfs_gid == 8);
  CHECK(mount.tmpfs_size == 1_GiB);
  CHECK(mount.tmpfs_mode == 0755);
  CHECK_FALSE(mount.read_only);
  CHECK(parse_tmpfs("/run:ro").read_only);
  for (const char* text :
       {"", "run", "/run:", "/run:size=x", "/run:mode=9", "/run:exec", "/run:uid=x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_tmpfs(text), UsageError);
  }
}
