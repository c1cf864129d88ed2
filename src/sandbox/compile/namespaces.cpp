#include <fmt/format.h>
#include <linux/sched.h>

#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/id_maps.hpp"

namespace containerlib::sandbox {
namespace {

struct NamespaceKind {
  const char* type;
  std::uint64_t flag;
};
// In the order in which those with a path are joined: the mount namespace last, as it takes the
// runner's paths away.
constexpr NamespaceKind kinds[] = {{"user", CLONE_NEWUSER},   {"pid", CLONE_NEWPID},
                                   {"ipc", CLONE_NEWIPC},     {"uts", CLONE_NEWUTS},
                                   {"network", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP},
                                   {"time", CLONE_NEWTIME},   {"mount", CLONE_NEWNS}};
// The others are made by the new process: a cgroup namespace when it is in its cgroup.
constexpr std::uint64_t made_by_clone =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS;

std::string field_of(const oci::RuntimeSpec& spec, const oci::Namespace& ns) {
  return fmt::format("linux.namespaces[{}].path", &ns - spec.namespaces.data());
}

std::vector<std::string> tool_arguments(const std::vector<oci::IdMapping>& mappings) {
  std::vector<std::string> out;
  for (const oci::IdMapping& m : mappings)
    for (std::uint32_t number : {m.container_id, m.host_id, m.size})
      out.push_back(fmt::format("{}", number));
  return out;
}

bool maps_only(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  return mappings.size() == 1 && mappings[0].size == 1 && mappings[0].host_id == id;
}

/// An ordinary user's own id as 0, and the subordinate ids from 1 on.
std::vector<oci::IdMapping> default_mappings(std::uint32_t own,
                                             const std::vector<sys::IdRange>& ranges) {
  std::vector<oci::IdMapping> out = {{0, own, 1}};
  std::uint32_t next = 1;
  for (const sys::IdRange& range : ranges) {
    out.push_back({next, range.first, range.count});
    next += range.count;
  }
  return out;
}

}  // namespace

std::string id_map(const std::vector<oci::IdMapping>& mappings) {
  std::string out;
  for (const oci::IdMapping& m : mappings)
    out += fmt::format("{} {} {}\n", m.container_id, m.host_id, m.size);
  return out;
}

const oci::Namespace* Compiler::find_namespace(const char* type) const {
  for (const oci::Namespace& ns : spec.namespaces)
    if (ns.type == type) return &ns;
  return nullptr;
}

bool Compiler::isolates(const char* type) const {
  const oci::Namespace* ns = find_namespace(type);
  return ns && ns->path.empty();
}

bool Compiler::joins(const char* type) const {
  const oci::Namespace* ns = find_namespace(type);
  return ns && !ns->path.empty();
}

/// What the steps change in a joined namespace would be changed for the host too, were it its own.
bool Compiler::changes(const char* type) const {
  const std::string_view name = type;
  if (name == "mount") return true;
  if (name == "uts" && !(spec.hostname.empty() && spec.domainname.empty())) return true;
  if (name == "network" && !spec.net_devices.empty()) return true;
  return has_sysctl_of(type);
}

void Compiler::join_namespaces() {
  for (const NamespaceKind& kind : kinds) {
    const oci::Namespace* ns = find_namespace(kind.type);
    if (!ns || ns->path.empty()) continue;
    const Slot slot = new_slot();
    plan.before.push_back({.op = Op::open_namespace,
                           .open_namespace = {plan.text(ns->path), plan.text(field_of(spec, *ns)),
                                              kind.flag, slot, changes(kind.type)}});
    plan.header.join[plan.header.joins++] = {kind.flag, slot};
  }
}

void Compiler::namespaces() {
  if (!find_namespace("mount"))
    throw_error(Errc::unsupported, "compile", "linux.namespaces",
                "a container without a mount namespace would change the host's mounts");
  if (bundle && facts.rootless && !find_namespace("user"))
    throw_error(Errc::unsupported, "compile", "linux.namespaces",
                "an ordinary user makes containers in a user namespace only");
  for (const NamespaceKind& kind : kinds)
    if (isolates(kind.type)) plan.header.clone_flags |= kind.flag & made_by_clone;
  join_namespaces();
  if (isolates("user")) map_ids();
  name_host();
  if (isolates("network")) plan.inside.push_back(plain_step(Op::loopback_up));
  offset_clocks();
}

void Compiler::choose_mappings() {
  uid_mappings = spec.uid_mappings;
  gid_mappings = spec.gid_mappings;
  if (!isolates("user") || !(uid_mappings.empty() && gid_mappings.empty())) return;
  if (!facts.rootless)
    throw_error(Errc::invalid_option, "compile", "linux.uidMappings",
                "a user namespace needs uidMappings and gidMappings");
  const bool ranges = facts.maps_ranges();
  uid_mappings = default_mappings(facts.uid, ranges ? facts.subuids : std::vector<sys::IdRange>{});
  gid_mappings = default_mappings(facts.gid, ranges ? facts.subgids : std::vector<sys::IdRange>{});
}

void Compiler::map_ids() {
  if (!facts.user_namespaces)
    throw_error(Errc::unsupported, "make user namespace", "", facts.user_namespaces_reason);
  // An ordinary user's runner may write one id itself (user_namespaces(7)). The monitor of one is
  // in a user namespace of its own and has all that it maps.
  const bool own_ids = maps_only(uid_mappings, facts.uid) && maps_only(gid_mappings, facts.gid);
  if (bundle && facts.rootless && !own_ids) return map_ids_by_tools();
  plan.after.push_back(
      {.op = Op::write_id_map, .write_id_map = {plan.text(id_map(uid_mappings)), false}});
  if (facts.rootless && (bundle || !facts.maps_ranges())) {
    plan.after.push_back(plain_step(Op::deny_setgroups));
    may_set_groups = false;
  }
  plan.after.push_back(
      {.op = Op::write_id_map, .write_id_map = {plan.text(id_map(gid_mappings)), true}});
}

void Compiler::map_ids_by_tools() {
  if (facts.newuidmap_dir.empty())
    throw_error(Errc::unsupported, "compile", "linux.uidMappings",
                "more than the own id is mapped by newuidmap and newgidmap, which are not here");
  const auto add = [&](const char* tool, const std::vector<oci::IdMapping>& mappings) {
    plan.after.push_back({.op = Op::run_id_tool,
                          .run_id_tool = {plan.text(facts.newuidmap_dir + tool),
                                          plan.list(tool_arguments(mappings))}});
  };
  add("/newuidmap", uid_mappings);
  add("/newgidmap", gid_mappings);
}

void Compiler::name_host() {
  const auto add = [&](Op op, const char* field, const std::string& name) {
    if (name.empty()) return;
    if (find_namespace("uts")) {
      plan.inside.push_back({.op = op, .set_hostname = {plan.text(name)}});
    } else if (bundle) {
      throw_error(Errc::invalid_option, "compile", field,
                  "without a uts namespace it would be the host's");
    }
  };
  add(Op::set_hostname, "hostname", spec.hostname);
  add(Op::set_domainname, "domainname", spec.domainname);
}

void Compiler::offset_clocks() {
  const bool offsets = spec.monotonic_offset || spec.boottime_offset;
  if (offsets && !isolates("time"))
    throw_error(Errc::invalid_option, "compile", "linux.timeOffsets",
                "wants a time namespace of its own");
  if (!find_namespace("time")) return;
  if (!facts.time_namespaces)
    throw_error(Errc::unsupported, "compile", "linux.namespaces",
                "this kernel has no time namespaces");
  if (joins("time")) return;
  // Linux 6.2: "fs/exec: switch timens when a task gets a new mm".
  if (facts.kernel_major < 6 || (facts.kernel_major == 6 && facts.kernel_minor < 2))
    throw_error(Errc::unsupported, "compile", "linux.namespaces",
                "a program enters a new time namespace since Linux 6.2");
  std::string text;
  const auto add = [&](const char* clock, const std::optional<oci::TimeOffset>& offset) {
    if (offset) text += fmt::format("{} {} {}\n", clock, offset->seconds, offset->nanoseconds);
  };
  add("monotonic", spec.monotonic_offset);
  add("boottime", spec.boottime_offset);
  const Slot procfs = text.empty() ? no_slot : host_proc();
  plan.inside.push_back({.op = Op::time_offsets, .time_offsets = {procfs, plan.text(text)}});
}

}  // namespace containerlib::sandbox
