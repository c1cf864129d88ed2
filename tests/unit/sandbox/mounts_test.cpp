// The mounts, devices and root of a bundle, as plans.
#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include "sandbox/cgroup_facts.hpp"
#include "sandbox/compile.hpp"
#include "sandbox/golden.hpp"

using namespace containerlib;

namespace {

const sandbox::BundleRoot bundle{.path = "/bundle/rootfs", .bundle = "/bundle"};

sys::HostFacts root_facts() {
  sys::HostFacts facts;
  facts.kernel_major = 6;
  facts.user_namespaces = facts.idmapped_mounts = facts.overlay = facts.overlay_lowerdir_append =
      true;
  facts.cgroups = tests::all_of_v2();
  return facts;
}

sys::HostFacts user_facts() {
  sys::HostFacts facts = root_facts();
  facts.uid = facts.gid = 1000;
  facts.rootless = true;
  facts.cgroups = {};
  return facts;
}

/// As `runc spec` makes it.
oci::RuntimeSpec default_spec() {
  oci::RuntimeSpec spec;
  spec.id = "box";
  spec.process.args = {"sh"};
  spec.root_readonly = true;
  for (const char* type : {"pid", "network", "ipc", "uts", "mount", "cgroup"})
    spec.namespaces.push_back({type, ""});
  spec.mounts = {
      {"/proc", "proc", "proc", {}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts",
       "devpts",
       "devpts",
       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}}};
  spec.masked_paths = {"/proc/kcore", "/sys/firmware"};
  spec.readonly_paths = {"/proc/bus", "/proc/sys"};
  return spec;
}

oci::RuntimeSpec rootless_spec() {
  oci::RuntimeSpec spec = default_spec();
  spec.namespaces.erase(spec.namespaces.begin() + 1);
  spec.namespaces.push_back({"user", ""});
  spec.uid_mappings = spec.gid_mappings = {{0, 1000, 1}};
  spec.mounts.resize(5);
  spec.mounts.push_back({"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}});
  return spec;
}

oci::RuntimeSpec with(const oci::Mount& mount) {
  oci::RuntimeSpec spec = default_spec();
  spec.mounts.push_back(mount);
  return spec;
}

oci::RuntimeSpec in_user_namespace(oci::RuntimeSpec spec) {
  spec.namespaces.push_back({"user", ""});
  spec.uid_mappings = spec.gid_mappings = {{0, 100000, 65536}};
  return spec;
}

std::string plan_of(const oci::RuntimeSpec& spec, const sys::HostFacts& facts = root_facts(),
                    const sandbox::Root& root = bundle) {
  return print(sandbox::compile(spec, root, facts));
}

bool has(const std::string& plan, const std::string& text) {
  return plan.find(text) != std::string::npos;
}

/// What is thrown for this spec; empty when nothing is.
std::string refusal(const oci::RuntimeSpec& spec, const sys::HostFacts& facts = root_facts()) {
  try {
    plan_of(spec, facts);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("plan of a default bundle") { tests::check_golden("bundle", plan_of(default_spec())); }

TEST_CASE("plan of an ordinary user's default bundle: the process opens what it mounts") {
  tests::check_golden("bundle-rootless", plan_of(rootless_spec(), user_facts()));
}

TEST_CASE("plan of a bundle with a mount of every kind") {
  oci::RuntimeSpec spec = in_user_namespace(default_spec());
  spec.rootfs_propagation = "rslave";
  const std::vector<oci::IdMapping> ids = {{0, 5000, 100}};
  spec.mounts.push_back({"/a", "bind", "src", {"rbind", "rro", "nosuid", "dev", "rshared"}});
  spec.mounts.push_back({"/b", "none", "/srv", {"bind", "noatime", "idmap"}, false, ids, ids});
  spec.mounts.push_back({"/c", "none", "/srv", {"rbind", "ridmap"}, false, ids, ids});
  spec.mounts.push_back({"/d", "", "/srv", {"rbind", "ridmap"}});
  spec.mounts.push_back({"/tmp", "tmpfs", "tmpfs", {"tmpcopyup", "ro", "size=64k,nr_inodes=9"}});
  spec.mounts.push_back({"/disk", "ext4", "/dev/vdb", {"ro", "sync", "data=ordered", "slave"}});
  spec.mounts.push_back({"/disk", "", "", {"remount", "rw", "lazytime", "nodev"}});
  spec.mounts.push_back({"/a", "", "", {"remount", "bind", "noexec"}});
  spec.mounts.push_back({"/", "", "", {"remount", "ro"}});
  spec.devices = {{"/dev/fuse", 'c', 10, 229, {}, {}, {}},
                  {"/dev/null", 'c', 1, 3, 0600, 5, 6},
                  {"/opt/pipe", 'p', 0, 0, {}, {}, {}}};
  tests::check_golden("bundle-mounts", plan_of(spec));
}

TEST_CASE("a container of the host's cgroup namespace sees its own groups of v1") {
  oci::RuntimeSpec spec = default_spec();
  spec.namespaces.pop_back();
  sys::HostFacts facts = root_facts();
  facts.cgroups = tests::all_of_v1();
  const std::string plan = plan_of(spec, facts);
  CHECK(has(plan, "open tree /sys/fs/cgroup/memory/containerlib/box private"));
  CHECK(has(plan, "mount at /sys/fs/cgroup/memory in #"));
  CHECK_FALSE(has(plan, "mount cgroup "));
}

TEST_CASE("a container of the host's cgroup namespace sees the whole tree of v2") {
  oci::RuntimeSpec spec = default_spec();
  spec.namespaces.pop_back();
  CHECK(has(plan_of(spec), "mount cgroup2 /sys/fs/cgroup ro,nosuid,nodev,noexec"));
  CHECK(has(plan_of(in_user_namespace(spec)), "open tree /sys/fs/cgroup private recursive"));
}

TEST_CASE("a hierarchy of two controllers has a link for each") {
  sys::HostFacts facts = root_facts();
  facts.cgroups = tests::all_of_v1();
  for (sys::Controller& c : facts.cgroups.controllers)
    if (c.name == "memory" || c.name == "pids") c.hierarchy = "memory,pids";
  const std::string plan = plan_of(default_spec(), facts);
  CHECK(has(plan, "mount cgroup /sys/fs/cgroup/memory,pids memory pids ro"));
  CHECK(has(plan, "make symlink /sys/fs/cgroup/pids in #7 -> memory,pids"));
}

TEST_CASE("the root is left without pivot_root only when asked") {
  sandbox::BundleRoot root = bundle;
  CHECK(has(plan_of(default_spec()), "pivot root"));
  root.no_pivot = true;
  const std::string plan = plan_of(default_spec(), root_facts(), root);
  CHECK(has(plan, "change root"));
  CHECK_FALSE(has(plan, "pivot root"));
}

TEST_CASE("the root's propagation: apart from the host but for a slave") {
  const auto plan = [](const char* propagation) {
    oci::RuntimeSpec spec = default_spec();
    spec.rootfs_propagation = propagation;
    return plan_of(spec);
  };
  CHECK(has(plan(""), "open root.path /bundle/rootfs private recursive"));
  CHECK_FALSE(has(plan(""), "set propagation"));
  CHECK(has(plan("rshared"), "open root.path /bundle/rootfs private recursive"));
  CHECK(has(plan("rshared"), "set propagation of / in #0 shared recursive"));
  CHECK(has(plan("unbindable"), "set propagation of / in #0 unbindable\n"));
  CHECK(has(plan("slave"), "open root.path /bundle/rootfs slave recursive"));
  oci::RuntimeSpec spec = default_spec();
  spec.rootfs_propagation = "nonsense";
  CHECK(has(refusal(spec), "linux.rootfsPropagation"));
}

TEST_CASE("what is mounted over a /dev of the plan is no more reached by descriptor") {
  oci::RuntimeSpec spec = default_spec();
  spec.mounts.push_back({"/dev", "bind", "/dev", {"rbind"}});
  spec.mounts.push_back({"/dev/hugepages", "hugetlbfs", "none", {}});
  const std::string plan = plan_of(spec);
  CHECK(has(plan, "mount at /dev/hugepages <- #"));
  SUBCASE("and the host's /dev is not filled") {
    CHECK_FALSE(has(plan, "make device"));
    CHECK_FALSE(has(plan, "make symlink"));
  }
}

TEST_CASE("lower directories that are too long for one option go one by one") {
  const std::string a = "/a" + std::string(200, 'x'), b = "/b" + std::string(200, 'x');
  const oci::RuntimeSpec spec = with({"/m", "overlay", "overlay", {"lowerdir=" + a + ":" + b}});
  CHECK(has(plan_of(spec), "lowerdir+=" + a + " lowerdir+=" + b));
  sys::HostFacts old = root_facts();
  old.overlay_lowerdir_append = false;
  CHECK(has(refusal(spec, old), "mounts[7].options"));
}

TEST_CASE("a disk is opened outside of the container's cgroup, unless its user may not") {
  const oci::RuntimeSpec spec = with({"/m", "ext4", "/dev/vdb", {}});
  const std::string plan = plan_of(spec);
  CHECK(plan.find("mount ext4 /m") < plan.find(" clone "));
  const std::string own_ids = plan_of(in_user_namespace(spec));
  CHECK(own_ids.find("mount ext4 /m") > own_ids.find(" clone "));
  const std::string network = plan_of(with({"/m", "nfs", "host:/export", {}}));
  CHECK(network.find("mount nfs /m") > network.find(" clone "));
}

TEST_CASE("mounts that are refused name their field") {
  const std::vector<oci::IdMapping> ids = {{0, 5000, 100}};
  const std::pair<oci::Mount, const char*> cases[] = {
      {{"/", "tmpfs", "tmpfs", {}}, "mounts[7].destination"},
      {{"/proc", "tmpfs", "tmpfs", {}}, "mounts[7].destination"},
      {{"/x/../proc/self", "bind", "/tmp", {"bind"}}, "mounts[7].destination"},
      {{"/proc/sys/kernel", "bind", "/tmp", {"bind"}}, "mounts[7].destination"},
      {{"/m", "", "", {}}, "mounts[7].type"},
      {{"/m", "bind", "", {"bind"}}, "mounts[7].source"},
      {{"/m", "bind", "/tmp", {"bind", "size=1"}}, "mounts[7].options"},
      {{"/m", "bind", "/tmp", {"bind", "tmpcopyup"}}, "mounts[7].options"},
      {{"/m", "sysfs", "sysfs", {"tmpcopyup"}}, "mounts[7].options"},
      {{"/m", "bind", "/tmp", {"bind", "idmap"}}, "mounts[7].options"},
      {{"/m", "tmpfs", "tmpfs", {"idmap"}}, "mounts[7].options"},
      {{"/m", "bind", "/tmp", {"bind"}, false, ids, {}}, "mounts[7].uidMappings"},
      {{"/m", "", "", {"remount", "ro"}}, "mounts[7].destination"},
      {{"/", "", "", {"remount", "size=1"}}, "mounts[7].options"}};
  for (const auto& [mount, field] : cases) {
    const std::string what = refusal(with(mount));
    CHECK_MESSAGE(has(what, field), what);
  }
  CHECK(has(refusal(with({"/m", "overlay", "o", {"upperdir=/" + std::string(255, 'u')}})),
            "mounts[7].options"));
}

TEST_CASE("only /proc itself may be bound at /proc, which is seen when it is opened") {
  CHECK(has(plan_of(with({"/proc", "bind", "/proc", {"rbind"}})), "private recursive procfs ->"));
}

TEST_CASE("a privileged container's /dev/ptmx is that of its own devpts, too") {
  oci::RuntimeSpec spec = default_spec();
  spec.devices = {{"/dev/ptmx", 'c', 5, 2, {}, {}, {}}, {"/dev/kmsg", 'c', 1, 11, {}, {}, {}}};
  const std::string plan = plan_of(spec);
  CHECK(has(plan, "make device /dev/kmsg"));
  CHECK(has(plan, "make symlink /dev/ptmx"));
  CHECK_FALSE(has(plan, "make device /dev/ptmx"));
}

TEST_CASE("mounts and devices that cannot be had here") {
  oci::RuntimeSpec spec = default_spec();
  spec.mount_label = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811";
  CHECK(has(refusal(spec), "linux.mountLabel"));
  const std::vector<oci::IdMapping> ids = {{0, 5000, 100}};
  spec = with({"/m", "bind", "/tmp", {"bind", "idmap"}, false, ids, ids});
  sys::HostFacts old = root_facts();
  old.idmapped_mounts = false;
  CHECK(has(refusal(spec, old), "mounts[7].options"));
  for (const char* path : {"/proc/x", "/sys/x", "/"}) {
    spec = default_spec();
    spec.devices = {{path, 'c', 1, 3, {}, {}, {}}};
    CHECK(has(refusal(spec), "linux.devices"));
  }
}
