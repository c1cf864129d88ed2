#include "runtime/container_spec.hpp"

#include <algorithm>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/landlock.hpp"
#include "runtime/limits.hpp"
#include "runtime/mounts.hpp"
#include "runtime/shifted_layers.hpp"
#include "runtime/spec_fragment.hpp"
#include "runtime/ulimits.hpp"

namespace containerlib::runtime {
namespace {

const std::vector<std::string>& masked_paths() {
  static const std::vector<std::string> paths = {"/proc/acpi",
                                                 "/proc/asound",
                                                 "/proc/interrupts",
                                                 "/proc/kcore",
                                                 "/proc/keys",
                                                 "/proc/latency_stats",
                                                 "/proc/sched_debug",
                                                 "/proc/scsi",
                                                 "/proc/timer_list",
                                                 "/proc/timer_stats",
                                                 "/sys/devices/virtual/powercap",
                                                 "/sys/firmware"};
  return paths;
}

const std::vector<std::string>& readonly_paths() {
  static const std::vector<std::string> paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                 "/proc/sysrq-trigger"};
  return paths;
}

/// The monitor's own ids, one line for each line of its map: a mapping may not span two of them
/// (user_namespaces(7)).
std::vector<oci::IdMapping> same_ids(const std::vector<sys::IdRange>& subordinate) {
  std::vector<oci::IdMapping> map = {{0, 0, 1}};
  for (const sys::IdRange& range : subordinate) {
    const std::uint32_t next = map.back().container_id + map.back().size;
    map.push_back({next, next, range.count});
  }
  return map;
}

/// The subordinate ids from 0 on; with `own`, the caller's id is that one, and they go on after it.
std::vector<oci::IdMapping> other_ids(const std::vector<sys::IdRange>& subordinate,
                                      std::optional<std::uint32_t> own) {
  std::vector<oci::IdMapping> map;
  if (own) map.push_back({*own, 0, 1});
  std::uint32_t next = 0, monitor_id = 1;
  for (const sys::IdRange& range : subordinate) {
    for (std::uint32_t left = range.count; left > 0;) {
      if (own && next == *own) ++next;
      const bool before_own = own && next < *own;
      const std::uint32_t size = before_own ? std::min(left, *own - next) : left;
      map.push_back({next, monitor_id, size});
      next += size;
      monitor_id += size;
      left -= size;
    }
  }
  return map;
}

oci::Process build_process(const SpecInput& in, const sys::HostFacts& facts) {
  const Definition& definition = *in.definition;
  oci::Process out;
  out.terminal = definition.tty;
  out.rows = definition.terminal_size.rows;
  out.columns = definition.terminal_size.columns;
  out.user = {in.user.uid, in.user.gid, in.user.additional_gids, {}};
  out.args = definition.args;
  out.env = definition.env;
  if (!find_env(out.env, "HOME")) out.env.push_back("HOME=" + in.user.home);
  out.cwd = definition.cwd;
  out.capabilities = capabilities_of(bounding_capabilities(definition, facts), out.user.uid);
  out.rlimits = to_rlimits(definition.ulimits);
  out.no_new_privileges = !definition.new_privileges;
  out.oom_score_adj = oom_score(facts);
  out.landlock = to_oci(definition.landlock);
  return out;
}

std::vector<oci::Namespace> namespaces(const Definition& definition, bool user) {
  std::vector<oci::Namespace> out = {
      {"pid", {}}, {"mount", {}}, {"ipc", {}}, {"uts", {}}, {"cgroup", {}}};
  if (definition.network != Network::host) out.push_back({"network", {}});
  if (user) out.push_back({"user", {}});
  return out;
}

[[noreturn]] void refuse_id(const char* kind, std::uint32_t id) {
  throw_error(Errc::unsupported, "use user", kind + std::to_string(id),
              "not among the ids of the user namespace; /etc/subuid and /etc/subgid give an "
              "ordinary user more");
}

const oci::Namespace* find_namespace(const oci::RuntimeSpec& spec, std::string_view type) {
  for (const oci::Namespace& ns : spec.namespaces)
    if (ns.type == type) return &ns;
  return nullptr;
}

bool joins(const oci::RuntimeSpec& spec, std::string_view type) {
  const oci::Namespace* ns = find_namespace(spec, type);
  return ns && !ns->path.empty();
}

/// These file systems show a namespace, and only who owns it may mount them.
void drop_shown_namespaces(const oci::RuntimeSpec& spec, std::vector<oci::Mount>& mounts) {
  if (!find_namespace(spec, "user")) return;
  std::erase_if(mounts, [&](const oci::Mount& mount) {
    return (mount.type == "mqueue" && joins(spec, "ipc")) ||
           (mount.type == "cgroup" && joins(spec, "cgroup"));
  });
}

/// Those of the options come first.
void add_mounts(const Definition& definition, const sys::HostFacts& facts, oci::RuntimeSpec& out) {
  const bool shares_network = !find_namespace(out, "network") || joins(out, "network");
  std::vector<oci::Mount> mounts =
      default_mounts(shares_network, find_namespace(out, "user") != nullptr,
                     definition.shm_size.value_or(Bytes{64 << 20}));
  drop_shown_namespaces(out, mounts);
  for (const Mount& mount : definition.mounts)
    mounts.push_back(to_oci(mount, find_namespace(out, "user") && !facts.rootless));
  out.mounts.insert(out.mounts.begin(), mounts.begin(), mounts.end());
}

/// Whoever makes a user namespace has all capabilities in it, and with them much more of the kernel
/// to attack. Counted in the namespace that would be the parent, so the container's own (and ours,
/// in which it was made) is not affected.
void deny_nested_user_namespaces(const Definition& definition, oci::RuntimeSpec& out) {
  const oci::Namespace* user = find_namespace(out, "user");
  if (!user || definition.nested_user_namespaces || broken("SEC-18-nested")) return;
  out.sysctl.try_emplace("user.max_user_namespaces", "0");
}

/// What a fragment may have changed so that it does not go together.
void check_fragment(const sys::HostFacts& facts, const oci::RuntimeSpec& spec) {
  check_args(spec.process.args);
  const oci::User& user = spec.process.user;
  if (find_namespace(spec, "user"))
    check_mapped(user.uid, user.gid, {spec.uid_mappings, spec.gid_mappings});
  if (joins(spec, "pid") && facts.cgroups.unified.empty())
    throw_error(
        Errc::unsupported, "use option unsafe_oci_spec", "linux.namespaces",
        "without a pid namespace of its own it takes a v2 cgroup to end all its processes: " +
            facts.cgroups.unified_reason);
}

/// Groups that were asked for are not dropped in silence.
void check_groups_mapped(const Definition& definition, const SpecInput& in) {
  if (definition.groups.empty()) return;
  for (const std::uint32_t gid : in.user.additional_gids)
    if (!covers(in.ids.gids, gid)) refuse_id("gid ", gid);
}

}  // namespace

bool covers(const std::vector<oci::IdMapping>& maps, std::uint32_t id) {
  if (maps.empty()) return true;
  return std::any_of(maps.begin(), maps.end(), [&](const oci::IdMapping& map) {
    return id >= map.container_id && id - map.container_id < map.size;
  });
}

bool has_user_namespace(UserNamespace wish, const sys::HostFacts& facts) {
  if (facts.rootless) return true;
  return wish == UserNamespace::automatic && facts.user_namespaces && facts.idmapped_mounts;
}

IdMaps range_maps(std::uint32_t first, std::uint32_t count) {
  const std::vector<oci::IdMapping> map = {{0, first, count}};
  return {map, map};
}

IdMaps rootless_maps(const sys::HostFacts& facts, UserNamespace wish) {
  if (!facts.maps_ranges()) return {same_ids({}), same_ids({})};
  if (wish == UserNamespace::keep_id)
    return {other_ids(facts.subuids, facts.uid), other_ids(facts.subgids, facts.gid)};
  if (wish == UserNamespace::nomap)
    return {other_ids(facts.subuids, {}), other_ids(facts.subgids, {})};
  return {same_ids(facts.subuids), same_ids(facts.subgids)};
}

void check_user_namespace(UserNamespace wish, const sys::HostFacts& facts) {
  if (!needs_copies(wish)) return;
  const char* field =
      wish == UserNamespace::nomap ? "user_namespace: nomap" : "user_namespace: keep_id";
  if (!facts.rootless)
    throw_error(Errc::unsupported, "use option", field,
                "it is for an ordinary user; root's own id inside would be the host's root");
  if (!facts.maps_ranges())
    throw_error(Errc::unsupported, "use option", field,
                "it takes subordinate ids: newuidmap, and ranges for this user in /etc/subuid and "
                "/etc/subgid");
}

std::vector<std::string> bounding_capabilities(const Definition& definition,
                                               const sys::HostFacts& facts) {
  return bounding_capabilities(definition.cap_add, definition.cap_drop, facts,
                               has_user_namespace(definition.user_namespace, facts));
}

std::optional<int> oom_score(const sys::HostFacts& facts) {
  if (facts.oom_score_adj >= 0 || facts.rootless) return std::nullopt;
  return 0;
}

oci::Capabilities capabilities_of(const std::vector<std::string>& bounding, std::uint32_t uid) {
  oci::Capabilities out;
  out.bounding = bounding;
  if (uid == 0) out.effective = out.permitted = bounding;
  return out;
}

void check_mapped(std::uint32_t uid, std::uint32_t gid, const IdMaps& ids) {
  if (!covers(ids.uids, uid)) refuse_id("uid ", uid);
  if (!covers(ids.gids, gid)) refuse_id("gid ", gid);
}

oci::RuntimeSpec build_spec(const SpecInput& in, const sys::HostFacts& facts) {
  const Definition& definition = *in.definition;
  const bool user_namespace = has_user_namespace(definition.user_namespace, facts);
  check_user_namespace(definition.user_namespace, facts);
  check_mapped(in.user.uid, in.user.gid, in.ids);
  check_groups_mapped(definition, in);
  oci::RuntimeSpec out;
  out.id = in.id;
  out.hostname = definition.hostname;
  out.process = build_process(in, facts);
  out.root_readonly = definition.read_only;
  out.namespaces = namespaces(definition, user_namespace);
  if (user_namespace) {
    out.uid_mappings = in.ids.uids;
    out.gid_mappings = in.ids.gids;
  }
  static const std::set<unsigned> cpus = online_cpus(), nodes = online_nodes();
  out.resources = to_resources(definition.limits, cpus, nodes);
  // None can be made in it, and those that are bound into it may be used.
  out.resources.devices.emplace_back().allow = true;
  if (!definition.unmasked_paths) {
    out.masked_paths = masked_paths();
    out.readonly_paths = readonly_paths();
  }
  apply_fragment(definition.unsafe_oci_spec, out);
  check_fragment(facts, out);
  deny_nested_user_namespaces(definition, out);
  // The name was not meant for a host that is shared.
  if (joins(out, "uts") && out.hostname == definition.hostname) out.hostname.clear();
  add_mounts(definition, facts, out);
  return out;
}

}  // namespace containerlib::runtime
