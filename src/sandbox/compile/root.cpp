#include <fmt/format.h>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/mount_options.hpp"

namespace containerlib::sandbox {
namespace {

/// Before "lowerdir+" all lower directories are one option, of at most 255 bytes (fsconfig(2)).
void check_lowers(const OverlayRoot& overlay, const sys::HostFacts& facts) {
  std::size_t size = 0;
  for (const std::string& lower : overlay.lowers) size += lower.size() + 1;
  if (!facts.overlay_lowerdir_append && size > 256)
    throw_error(
        Errc::unsupported, "mount overlay", overlay.container,
        fmt::format("its {} layers are too many for Linux before 6.7", overlay.lowers.size()));
}

struct RootPropagation {
  std::uint64_t type = 0;  ///< 0: not asked for
  bool recursive = false;
};

RootPropagation root_propagation(const std::string& name) {
  RootPropagation out;
  if (name.empty()) return out;
  out.type = propagation_named(name, out.recursive);
  if (!out.type)
    throw_error(Errc::invalid_option, "compile", "linux.rootfsPropagation",
                "\"" + printable(name) + "\" is none of shared, slave, private, unbindable");
  return out;
}

}  // namespace

void Compiler::root(const Root& root) {
  if (bundle) return bundle_root();
  overlay_root(std::get<OverlayRoot>(root));
}

void Compiler::bundle_root() {
  // A slave still gets what the host mounts; all else starts apart from the host.
  const std::uint64_t propagation =
      root_propagation(spec.rootfs_propagation).type == sys::propagate_slave
          ? sys::propagate_slave
          : sys::propagate_private;
  opening.push_back({.op = Op::open_tree,
                     .open_tree = {plan.text(bundle->path), propagation, root_slot, true, false,
                                   plan.text("root.path")}});
  if (hooks_see_root()) {
    plan.inside.push_back({.op = Op::attach_at, .attach_at = {root_slot, plan.text(bundle->path)}});
  } else {
    plan.inside.push_back({.op = Op::attach, .attach = {root_slot}});
  }
}

void Compiler::overlay_root(const OverlayRoot& overlay) {
  const Slot store = new_slot();
  const Text store_path = plan.text(overlay.store);
  opening.push_back({.op = Op::open_tree,
                     .open_tree = {store_path, sys::propagate_private, store, false, false, {}}});
  // Rootless, the monitor's user namespace has the same ids already.
  if (isolates("user") && !facts.rootless) {
    if (!facts.idmapped_mounts)
      throw_error(Errc::unsupported, "shift ownership of layers", overlay.store,
                  "this kernel has no idmapped mounts; use the host's user namespace");
    plan.after.push_back({.op = Op::idmap_tree, .idmap_tree = {store_path, store, no_slot, false}});
  }
  if (!facts.overlay)
    throw_error(Errc::unsupported, "mount overlay", overlay.container,
                "overlay is not in /proc/filesystems; try modprobe overlay");
  check_lowers(overlay, facts);
  plan.inside.push_back({.op = Op::attach, .attach = {store}});
  plan.inside.push_back({.op = Op::enter, .enter = {store, plan.text("l")}});
  std::string container = "../" + overlay.container;
  plan.inside.push_back(
      {.op = Op::make_overlay,
       .make_overlay = {plan.list(overlay.lowers), plan.text(container + "/upper"),
                        plan.text(container + "/work"), sys::mount_nosuid | sys::mount_nodev,
                        root_slot, facts.overlay_lowerdir_append, overlay.ephemeral}});
  // The overlay holds its layers itself.
  plan.inside.push_back(plain_step(Op::detach));
  plan.inside.push_back({.op = Op::attach, .attach = {root_slot}});
}

void Compiler::open_trees(std::size_t at) {
  auto& steps = bundle && facts.rootless ? plan.inside : plan.before;
  if (&steps == &plan.before) at = steps.size();
  steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), opening.begin(), opening.end());
}

void Compiler::enter_root() {
  plan.inside.insert(plan.inside.end(), late.begin(), late.end());
  plan.inside.push_back(plain_step(bundle && bundle->no_pivot ? Op::change_root : Op::pivot));
  if (spec.root_readonly) set_attributes(plan.inside, root_slot, "/", {sys::mount_rdonly, 0});
  const RootPropagation propagation = root_propagation(spec.rootfs_propagation);
  if (propagation.type) set_propagation(root_slot, "/", propagation.type, propagation.recursive);
}

}  // namespace containerlib::sandbox
