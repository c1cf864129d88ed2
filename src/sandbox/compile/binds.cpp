#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/id_maps.hpp"
#include "sandbox/compile/mount_entry.hpp"

namespace containerlib::sandbox {
namespace {

/// The user namespace whose maps the mount gets; no_slot: the new process's.
Slot mapping_user_namespace(Compiler& c, const MountEntry& e) {
  const oci::Mount& mount = e.mount;
  if (mount.uid_mappings.empty() && mount.gid_mappings.empty()) {
    if (!c.find_namespace("user"))
      refuse(e, "options", "idmap without uidMappings wants a user namespace of the container");
    return no_slot;
  }
  if (mount.uid_mappings.empty() || mount.gid_mappings.empty())
    refuse(e, "uidMappings", "uidMappings and gidMappings go together");
  const std::string uids = id_map(mount.uid_mappings), gids = id_map(mount.gid_mappings);
  const auto [known, made] = c.user_namespaces.try_emplace(uids + "/" + gids, no_slot);
  if (made) {
    known->second = c.new_slot();
    c.opening.push_back(
        {.op = Op::make_user_namespace,
         .make_user_namespace = {c.plan.text(uids), c.plan.text(gids), known->second}});
  }
  return known->second;
}

void shift_ownership(Compiler& c, const MountEntry& e, Text source, Slot tree) {
  if (!c.facts.idmapped_mounts || (c.bundle && c.facts.rootless))
    throw_error(Errc::unsupported, "compile", e.field("options"),
                "idmapped mounts need Linux 5.12 and CAP_SYS_ADMIN");
  const Slot user = mapping_user_namespace(c, e);
  const bool recursive = e.options.idmap_recursive || (e.mount.idmap && e.options.bind_recursive);
  (user == no_slot ? c.plan.after : c.opening)
      .push_back({.op = Op::idmap_tree, .idmap_tree = {source, tree, user, recursive}});
}

}  // namespace

void refuse(const MountEntry& e, const char* field, const std::string& reason) {
  throw_error(Errc::invalid_option, "compile", e.field(field), reason);
}

void Compiler::bind_mount(const MountEntry& e) {
  const oci::Mount& mount = e.mount;
  if (!e.options.data.empty())
    refuse(e, "options", printable(e.options.data[0]) + " is no option of a bind mount");
  if (e.options.copy_up) refuse(e, "options", "tmpcopyup is for a tmpfs");
  if (mount.source.empty()) refuse(e, "source", "a bind mount needs one");
  const bool relative = bundle && !mount.source.starts_with('/');
  const Text source = plan.text(relative ? bundle->bundle + "/" + mount.source : mount.source);
  const Slot slot = new_slot();
  opening.push_back(
      {.op = Op::open_tree,
       .open_tree = {source, e.options.propagation ? e.options.propagation : sys::propagate_private,
                     slot, e.options.bind_recursive, e.target == "/proc",
                     plan.text(bundle ? e.field("source") : "")}});
  set_attributes(opening, slot, e.target, e.options.own);
  set_attributes(opening, slot, e.target, e.options.recursive, true);
  const bool own_maps = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
  if (e.options.idmap || own_maps || (mount.idmap && find_namespace("user")))
    shift_ownership(*this, e, source, slot);
  mount_into(slot, e.target, may_follow(e.target));
  mounted[e.target] = {slot, ""};
}

}  // namespace containerlib::sandbox
