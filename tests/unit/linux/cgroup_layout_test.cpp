#include "linux/cgroup_layout.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace containerlib::sys;
using Layout = CgroupFacts::Layout;

namespace {

class FakeTree final : public CgroupTree {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> ours;
  bool all_ours = false;

  std::optional<std::string> read(const std::string& file) const override {
    const auto found = files.find(file);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  bool exists(const std::string& path) const override { return files.contains(path); }
  bool writable(const std::string& path) const override { return all_ours || ours.contains(path); }

  void v2_group(const std::string& path, const std::string& controllers,
                const std::string& processes, bool own, bool top = false) {
    files[path + "/cgroup.procs"] = processes;
    files[path + "/cgroup.controllers"] = controllers + "\n";
    files[path + "/cgroup.subtree_control"] = "\n";
    if (!top) files[path + "/cgroup.type"] = "domain\n";
    if (own) ours.insert({path, path + "/cgroup.procs", path + "/cgroup.subtree_control"});
  }
  void v1_group(const std::string& path, bool own) {
    files[path + "/cgroup.procs"] = "1\n";
    if (own) ours.insert(path);
  }
};

constexpr const char* v2_mounts =
    "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";

constexpr const char* hybrid_mounts =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n";
constexpr const char* unified_mount =
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
constexpr const char* hybrid_own =
    "9:name=systemd:/\n8:pids:/\n7:blkio:/\n6:freezer:/\n4:memory:/job\n3:cpuset:/\n2:cpuacct:/\n"
    "1:cpu:/\n0::/\n";

FakeTree hybrid_tree(bool own) {
  FakeTree tree;
  for (const char* name : {"cpu", "cpuacct", "cpuset", "memory", "freezer", "blkio", "pids"})
    tree.v1_group(std::string("/sys/fs/cgroup/") + name, own);
  tree.v1_group("/sys/fs/cgroup/memory/job", own);
  tree.v2_group("/sys/fs/cgroup/unified", "hugetlb", "1\n", own, true);
  return tree;
}

void check(const CgroupFacts& facts, const char* name, int version, const std::string& base,
           const std::string& reason) {
  CAPTURE(name);
  const Controller* controller = facts.find(name);
  REQUIRE(controller);
  CHECK(controller->version == version);
  CHECK(controller->base == base);
  CHECK(controller->reason == reason);
}

constexpr const char* all = "cpuset cpu io memory pids";
const std::string top = "/sys/fs/cgroup";

}  // namespace

TEST_CASE("v2 as root: below the root of the hierarchy") {
  FakeTree tree;
  tree.v2_group(top, all, "1\n2\n", true, true);
  tree.v2_group(top + "/job", all, "", true);
  const CgroupFacts facts = find_cgroups(v2_mounts, "0::/job/leaf\n", 0, tree);
  CHECK(facts.layout == Layout::v2);
  CHECK(facts.unified == "/sys/fs/cgroup/containerlib");
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "io"})
    check(facts, name, 2, "/sys/fs/cgroup/containerlib", "");
  CHECK(facts.find("freezer") == nullptr);
}

TEST_CASE("v2, a delegated empty group above our own") {
  FakeTree tree;
  tree.v2_group(top, all, "1\n", false, true);
  tree.v2_group(top + "/job", "memory pids", "", true);
  tree.v2_group(top + "/job/leaf", "memory pids", "77\n", true);
  const CgroupFacts facts = find_cgroups(v2_mounts, "0::/job/leaf\n", 1000, tree);
  CHECK(facts.unified == "/sys/fs/cgroup/job/containerlib");
  check(facts, "memory", 2, "/sys/fs/cgroup/job/containerlib", "");
  check(facts, "cpu", 0, "", "not in cgroup.controllers of /sys/fs/cgroup/job");
}

TEST_CASE("v2, rootless under systemd: the nearest empty slice, not the scope") {
  const std::string service = top + "/user.slice/user-1000.slice/user@1000.service";
  FakeTree tree;
  tree.v2_group(top, all, "", false, true);
  tree.v2_group(top + "/user.slice", all, "", false);
  tree.v2_group(top + "/user.slice/user-1000.slice", all, "", false);
  tree.v2_group(service, "cpu memory pids", "", true);
  tree.v2_group(service + "/app.slice", "cpu memory pids", "", true);
  tree.v2_group(service + "/app.slice/x.scope", "cpu memory pids", "5\n", true);
  const CgroupFacts facts = find_cgroups(
      v2_mounts, "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n", 1000,
      tree);
  CHECK(facts.unified == service + "/app.slice/containerlib");
  check(facts, "pids", 2, service + "/app.slice/containerlib", "");
  check(facts, "io", 0, "", "not in cgroup.controllers of " + service + "/app.slice");
}

TEST_CASE("v2, our own group is delegated but holds us: groups without controllers") {
  FakeTree tree;
  tree.v2_group(top, all, "", false, true);
  tree.v2_group(top + "/job", all, "77\n", true);
  const CgroupFacts facts = find_cgroups(v2_mounts, "0::/job\n", 1000, tree);
  CHECK(facts.unified == "/sys/fs/cgroup/job/containerlib");
  check(facts, "memory", 0, "",
        "/sys/fs/cgroup/job holds processes, so it cannot give controllers");
}

TEST_CASE("v2, nothing is delegated") {
  FakeTree tree;
  tree.v2_group(top, all, "1\n", false, true);
  tree.v2_group(top + "/session.scope", all, "77\n", false);
  tree.ours.insert(top + "/session.scope");  // the directory alone is not enough
  const CgroupFacts facts = find_cgroups(v2_mounts, "0::/session.scope\n", 1000, tree);
  CHECK(facts.layout == Layout::v2);
  CHECK(facts.unified.empty());
  CHECK(facts.unified_reason == "not delegated to uid 1000");
  check(facts, "memory", 0, "", "not delegated to uid 1000");
}

TEST_CASE("a read-only mount is the reason, not the user") {
  FakeTree tree;
  tree.v2_group(top, all, "1\n", false, true);
  const CgroupFacts facts = find_cgroups(
      "30 22 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate\n", "0::/\n", 0, tree);
  CHECK(facts.unified_reason == "/sys/fs/cgroup is mounted read-only");
  check(facts, "memory", 0, "", "/sys/fs/cgroup is mounted read-only");
}

TEST_CASE("v2 in a container's cgroup namespace: the visible root is no true root") {
  FakeTree tree;
  tree.v2_group(top, all, "1\n", true);
  const CgroupFacts facts = find_cgroups(v2_mounts, "0::/\n", 0, tree);
  CHECK(facts.unified == "/sys/fs/cgroup/containerlib");
  check(facts, "memory", 0, "", "/sys/fs/cgroup holds processes, so it cannot give controllers");

  tree.v2_group(top, all, "", true);
  tree.files[top + "/cgroup.type"] = "domain threaded\n";
  CHECK(find_cgroups(v2_mounts, "0::/\n", 0, tree).find("memory")->version == 0);
}

TEST_CASE("hybrid as root: v1 for what is bound there, v2 for the group itself") {
  const CgroupFacts facts =
      find_cgroups(std::string(hybrid_mounts) + unified_mount, hybrid_own, 0, hybrid_tree(true));
  CHECK(facts.layout == Layout::hybrid);
  CHECK(facts.unified == "/sys/fs/cgroup/unified/containerlib");
  check(facts, "memory", 1, "/sys/fs/cgroup/memory/containerlib", "");
  check(facts, "cpu", 1, "/sys/fs/cgroup/cpu/containerlib", "");
  check(facts, "io", 1, "/sys/fs/cgroup/blkio/containerlib", "");
  CHECK(facts.find("io")->hierarchy == "blkio");
  CHECK(facts.find("freezer") == nullptr);
  CHECK(facts.find("cpuacct") == nullptr);
}

TEST_CASE("hybrid, rootless: only what we may write") {
  FakeTree tree = hybrid_tree(false);
  tree.ours.insert("/sys/fs/cgroup/memory/job");
  const CgroupFacts facts =
      find_cgroups(std::string(hybrid_mounts) + unified_mount, hybrid_own, 1000, tree);
  CHECK(facts.find("memory")->hierarchy == "memory");
  CHECK(facts.unified.empty());
  CHECK(facts.unified_reason == "not delegated to uid 1000");
  check(facts, "memory", 1, "/sys/fs/cgroup/memory/job/containerlib", "");
  check(facts, "cpu", 0, "", "not delegated to uid 1000");
  check(facts, "freezer", 0, "", "not delegated to uid 1000");
}

TEST_CASE("hybrid with memory on v2") {
  FakeTree tree = hybrid_tree(true);
  tree.files[top + "/unified/cgroup.controllers"] = "memory\n";
  const std::string mounts =
      "34 31 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n" + std::string(unified_mount);
  const CgroupFacts facts = find_cgroups(mounts, hybrid_own, 0, tree);
  CHECK(facts.layout == Layout::hybrid);
  check(facts, "memory", 2, "/sys/fs/cgroup/unified/containerlib", "");
  check(facts, "pids", 1, "/sys/fs/cgroup/pids/containerlib", "");
  check(facts, "cpu", 0, "", "not in cgroup.controllers of /sys/fs/cgroup/unified");
}

TEST_CASE("v1 only: the freezer and CPU accounting stand in for v2") {
  const CgroupFacts facts = find_cgroups(hybrid_mounts, hybrid_own, 0, hybrid_tree(true));
  CHECK(facts.layout == Layout::v1);
  CHECK(facts.unified.empty());
  CHECK(facts.unified_reason == "not mounted");
  check(facts, "freezer", 1, "/sys/fs/cgroup/freezer/containerlib", "");
  check(facts, "cpuacct", 1, "/sys/fs/cgroup/cpuacct/containerlib", "");
}

TEST_CASE("no cgroups, or mounts that are covered by others") {
  for (const char* mounts : {"", v2_mounts, hybrid_mounts}) {
    const CgroupFacts facts = find_cgroups(mounts, hybrid_own, 0, FakeTree());
    CHECK(facts.layout == Layout::none);
    CHECK(facts.unified.empty());
    check(facts, "memory", 0, "", "not mounted");
  }
}
