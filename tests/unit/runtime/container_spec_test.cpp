#include "runtime/container_spec.hpp"

#include <containerlib/error.hpp>

#include <algorithm>
#include <set>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

sys::HostFacts root_host() {
  sys::HostFacts facts;
  facts.capabilities = ~std::uint64_t{0};
  facts.user_namespaces = facts.idmapped_mounts = facts.overlay = true;
  return facts;
}

sys::HostFacts rootless_host() {
  sys::HostFacts facts = root_host();
  facts.rootless = true;
  facts.uid = facts.gid = 1000;
  facts.idmapped_mounts = false;
  facts.newuidmap_dir = "/usr/bin";
  facts.subuids = {{100000, 65536}, {300000, 10}};
  facts.subgids = {{100000, 65536}};
  return facts;
}

Definition definition() {
  Definition out;
  out.args = {"sh"};
  out.env = {"PATH=/bin"};
  out.hostname = "box";
  return out;
}

oci::RuntimeSpec spec(const Definition& definition, const sys::HostFacts& facts,
                      sys::ResolvedUser user = {}) {
  SpecInput in;
  in.id = "the-id";
  in.definition = &definition;
  in.user = user;
  in.ids = facts.rootless ? rootless_maps(facts) : range_maps(700000, 65536);
  return build_spec(in, facts);
}

bool has_namespace(const oci::RuntimeSpec& spec, const std::string& type) {
  return std::any_of(spec.namespaces.begin(), spec.namespaces.end(),
                     [&](const oci::Namespace& ns) { return ns.type == type; });
}

}  // namespace

TEST_CASE("root: a user namespace of a leased range") {
  const oci::RuntimeSpec out = spec(definition(), root_host());
  for (const char* type : {"pid", "mount", "ipc", "uts", "cgroup", "network", "user"})
    CHECK_MESSAGE(has_namespace(out, type), type);
  REQUIRE(out.uid_mappings.size() == 1);
  CHECK(out.uid_mappings[0].container_id == 0);
  CHECK(out.uid_mappings[0].host_id == 700000);
  CHECK(out.gid_mappings[0].size == 65536);
  CHECK(out.hostname == "box");
}

TEST_CASE("root: the host's ids when asked, and where layers cannot be shifted") {
  Definition host = definition();
  host.user_namespace = UserNamespace::host;
  CHECK_FALSE(has_namespace(spec(host, root_host()), "user"));
  CHECK(spec(host, root_host()).uid_mappings.empty());
  sys::HostFacts old = root_host();
  old.idmapped_mounts = false;
  CHECK_FALSE(has_namespace(spec(definition(), old), "user"));
}

TEST_CASE("rootless: the monitor's ids as they are") {
  const oci::RuntimeSpec out = spec(definition(), rootless_host());
  // One line for each of the monitor's own.
  REQUIRE(out.uid_mappings.size() == 3);
  for (const oci::IdMapping& map : out.uid_mappings) CHECK(map.container_id == map.host_id);
  CHECK(out.uid_mappings[2].container_id == 65537);
  CHECK(out.uid_mappings[2].size == 10);
  CHECK(out.gid_mappings.size() == 2);
  sys::HostFacts poor = rootless_host();
  poor.newuidmap_dir.clear();
  CHECK(spec(definition(), poor).uid_mappings.size() == 1);
  CHECK(spec(definition(), poor).uid_mappings[0].size == 1);
  Definition host = definition();
  host.user_namespace = UserNamespace::host;
  CHECK(has_namespace(spec(host, rootless_host()), "user"));
}

TEST_CASE("a user without a place in the maps is refused") {
  sys::HostFacts poor = rootless_host();
  poor.subuids.clear();
  sys::ResolvedUser user;
  user.uid = 33;
  CHECK_NOTHROW(spec(definition(), rootless_host(), user));
  CHECK_THROWS_AS(spec(definition(), poor, user), Error);
  user.uid = 65536;
  CHECK_THROWS_AS(spec(definition(), root_host(), user), Error);
}

TEST_CASE("only root has its capabilities in effect") {
  const oci::Capabilities root = spec(definition(), root_host()).process.capabilities;
  CHECK(root.bounding.size() == 11);
  CHECK(root.effective == root.bounding);
  CHECK(root.permitted == root.bounding);
  CHECK(root.inheritable.empty());
  CHECK(root.ambient.empty());
  sys::ResolvedUser user;
  user.uid = 1000;
  user.home = "/home/u";
  const oci::Process process = spec(definition(), root_host(), user).process;
  CHECK(process.capabilities.bounding.size() == 11);
  CHECK(process.capabilities.effective.empty());
  CHECK(process.capabilities.permitted.empty());
  CHECK(process.env.back() == "HOME=/home/u");
  CHECK(process.user.uid == 1000);
}

TEST_CASE("defaults of isolation, and the options that loosen them") {
  const oci::RuntimeSpec strict = spec(definition(), root_host());
  CHECK(strict.process.no_new_privileges);
  CHECK(strict.masked_paths.size() == 12);
  CHECK(strict.readonly_paths.size() == 5);
  REQUIRE(strict.process.rlimits.size() == 3);
  CHECK(strict.process.rlimits[0].type == "RLIMIT_CORE");
  CHECK(strict.process.rlimits[0].hard == 0);
  Definition loose = definition();
  loose.new_privileges = loose.unmasked_paths = true;
  loose.network = Network::host;
  loose.env.push_back("HOME=/own");
  const oci::RuntimeSpec out = spec(loose, root_host());
  CHECK_FALSE(out.process.no_new_privileges);
  CHECK(out.masked_paths.empty());
  CHECK(out.readonly_paths.empty());
  CHECK_FALSE(has_namespace(out, "network"));
  CHECK(out.process.env.back() == "HOME=/own");
}

TEST_CASE("bind mounts are shifted where the kernel can and needs to") {
  Definition with_mount = definition();
  with_mount.mounts = {{.source = "/srv", .target = "/data"}};
  CHECK(spec(with_mount, root_host()).mounts.back().idmap);
  CHECK_FALSE(spec(with_mount, rootless_host()).mounts.back().idmap);
  with_mount.user_namespace = UserNamespace::host;
  CHECK_FALSE(spec(with_mount, root_host()).mounts.back().idmap);
}

TEST_CASE("groups that were asked for are not dropped where there is one id only") {
  sys::HostFacts facts = rootless_host();
  facts.subuids.clear();
  facts.subgids.clear();
  Definition asked = definition();
  sys::ResolvedUser user;
  user.additional_gids = {0, 7};
  CHECK_NOTHROW(spec(asked, facts, user));  // by the image's /etc/group
  asked.groups = {"7"};
  CHECK_THROWS_AS(spec(asked, facts, user), Error);
  CHECK_NOTHROW(spec(asked, rootless_host(), user));
}

TEST_CASE("namespaces that a fragment joins change what else the options make") {
  Definition joins = definition();
  joins.unsafe_oci_spec =
      R"({"mounts": [{"destination": "/last", "type": "tmpfs"}], "linux": {"namespaces":)"
      R"( [{"type": "uts", "path": "/u"}, {"type": "ipc", "path": "/i"}, {"type": "network",)"
      R"( "path": "/n"}]}})";
  sys::HostFacts host = root_host();
  const oci::RuntimeSpec out = spec(joins, host);
  CHECK(out.hostname.empty());  // it is another's to name
  CHECK(out.mounts.back().destination == "/last");
  for (const oci::Mount& mount : out.mounts) {
    CHECK(mount.type != "mqueue");
    CHECK(mount.type != "sysfs");
  }
  joins.unsafe_oci_spec = R"({"linux": {"namespaces": [{"type": "pid", "path": "/p"}]}})";
  CHECK_THROWS_AS(spec(joins, host), Error);  // nothing could end what it leaves
  host.cgroups.unified = "/sys/fs/cgroup/containerlib";
  CHECK_NOTHROW(spec(joins, host));
  joins.unsafe_oci_spec = R"({"process": {"user": {"uid": 70000}}})";
  CHECK_THROWS_AS(spec(joins, host), Error);
}

TEST_CASE("a host that the kernel is to spare when memory is short: not its containers") {
  sys::HostFacts facts = root_host();
  CHECK_FALSE(spec(definition(), facts).process.oom_score_adj);
  facts.oom_score_adj = -500;
  CHECK(spec(definition(), facts).process.oom_score_adj == 0);
  facts.oom_score_adj = 500;
  CHECK_FALSE(spec(definition(), facts).process.oom_score_adj);
}

namespace {

/// Each id inside that has a place, and no monitor id twice.
std::size_t count_of(const std::vector<oci::IdMapping>& maps) {
  std::set<std::uint32_t> inside, outside;
  std::size_t size = 0;
  for (const oci::IdMapping& map : maps)
    for (std::uint32_t n = 0; n < map.size; ++n, ++size) {
      inside.insert(map.container_id + n);
      outside.insert(map.host_id + n);
    }
  CHECK(inside.size() == size);
  CHECK(outside.size() == size);
  return size;
}

std::uint32_t monitor_id(const std::vector<oci::IdMapping>& maps, std::uint32_t id) {
  for (const oci::IdMapping& map : maps)
    if (id >= map.container_id && id - map.container_id < map.size)
      return map.host_id + (id - map.container_id);
  return ~0u;
}

}  // namespace

TEST_CASE("rootless, keep_id: the caller's id stays, the others are subordinate ones") {
  const IdMaps maps = rootless_maps(rootless_host(), UserNamespace::keep_id);
  CHECK(count_of(maps.uids) == 65536 + 10 + 1);
  CHECK(monitor_id(maps.uids, 1000) == 0);
  CHECK(monitor_id(maps.uids, 0) == 1);
  CHECK(monitor_id(maps.uids, 999) == 1000);
  CHECK(monitor_id(maps.uids, 1001) == 1001);
  // No line spans two of the monitor's, of which the second begins at 65537.
  for (const oci::IdMapping& map : maps.uids)
    CHECK((map.host_id >= 65537 || map.host_id + map.size <= 65537));
  CHECK(count_of(maps.gids) == 65536 + 1);
}

TEST_CASE("rootless, keep_id: an id beyond all subordinate ones") {
  sys::HostFacts facts = rootless_host();
  facts.uid = facts.gid = 500000;
  const IdMaps maps = rootless_maps(facts, UserNamespace::keep_id);
  CHECK(count_of(maps.uids) == 65536 + 10 + 1);
  CHECK(monitor_id(maps.uids, 500000) == 0);
  CHECK(monitor_id(maps.uids, 65545) == 65546);
}

TEST_CASE("rootless, nomap: the subordinate ids from 0 on") {
  const IdMaps maps = rootless_maps(rootless_host(), UserNamespace::nomap);
  CHECK(count_of(maps.uids) == 65536 + 10);
  CHECK(monitor_id(maps.uids, 0) == 1);
  for (const oci::IdMapping& map : maps.uids) CHECK(map.host_id > 0);
}

TEST_CASE("keep_id and nomap are for ordinary users with subordinate ids") {
  sys::HostFacts poor = rootless_host();
  poor.subuids.clear();
  for (const UserNamespace users : {UserNamespace::keep_id, UserNamespace::nomap}) {
    CHECK_NOTHROW(check_user_namespace(users, rootless_host()));
    CHECK_THROWS_AS(check_user_namespace(users, root_host()), Error);
    CHECK_THROWS_AS(check_user_namespace(users, poor), Error);
  }
  CHECK_NOTHROW(check_user_namespace(UserNamespace::automatic, root_host()));
}

TEST_CASE("user namespaces inside are denied unless asked for") {
  Definition wish = definition();
  CHECK(spec(wish, root_host()).sysctl.at("user.max_user_namespaces") == "0");
  wish.unsafe_oci_spec = R"({"linux": {"sysctl": {"user.max_user_namespaces": "5"}}})";
  CHECK(spec(wish, root_host()).sysctl.at("user.max_user_namespaces") == "5");
  wish.unsafe_oci_spec.clear();
  wish.nested_user_namespaces = true;
  CHECK(spec(wish, root_host()).sysctl.empty());
  // Without a user namespace of its own it would be the host's limit.
  wish.nested_user_namespaces = false;
  wish.user_namespace = UserNamespace::host;
  CHECK(spec(wish, root_host()).sysctl.empty());
}

TEST_CASE("the container's devices are not behind the wall") {
  Definition wish = definition();
  CHECK(spec(wish, root_host()).process.landlock.paths.empty());
  wish.landlock.paths = {{.path = "/data", .writable = true}};
  const auto paths = spec(wish, root_host()).process.landlock.paths;
  REQUIRE(paths.size() > 1);
  CHECK(paths[0].path == "/data");
  CHECK_FALSE(paths[0].optional);
  CHECK(std::any_of(paths.begin(), paths.end(), [](const auto& entry) {
    return entry.path == "/dev/null" && entry.optional && !entry.executable;
  }));
}
