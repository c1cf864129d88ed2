#include "sandbox/compile/mount_target.hpp"

#include <doctest/doctest.h>

using namespace containerlib::sandbox;

TEST_CASE("a mount's target is made absolute and clean") {
  CHECK(clean_target("data") == "/data");
  CHECK(clean_target("//a/./b//") == "/a/b");
  CHECK(clean_target("/a/../../proc/.") == "/proc");
  CHECK(clean_target("..") == "/");
  CHECK(clean_target("/") == "/");
}

TEST_CASE("SEC-02 symlinks are not followed to /proc, /sys and /dev, nor below them") {
  for (const char* target : {"/proc", "/sys", "/dev", "/proc/cpuinfo", "/sys/fs/cgroup", "/dev/x"})
    CHECK_FALSE_MESSAGE(may_follow(target), target);
  for (const char* target : {"/procfs", "/data", "/device/x", "/var/run"})
    CHECK_MESSAGE(may_follow(target), target);
}

TEST_CASE("SEC-01 of /proc only figures of the machine may be covered") {
  for (const char* target :
       {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps",
        "/proc/uptime", "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev",
        "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled", "/process"})
    CHECK_MESSAGE(may_cover(target), target);
  for (const char* target : {"/proc", "/proc/self", "/proc/1/attr", "/proc/sys", "/proc/cpuinfo/x",
                             "/proc/sys/kernel/core_pattern"})
    CHECK_FALSE_MESSAGE(may_cover(target), target);
}
