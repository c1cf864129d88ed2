#pragma once
#include "sandbox/step.hpp"

namespace containerlib::sandbox {

/// Calls visit(const Text&), visit(const Slot&), visit(const Place&) or visit(const bool&) for each
/// of these that the step has. Of an unknown Op: none.
template <class Visit>
void for_each_part(const Step& s, Visit&& visit) {
  const auto parts = [&](const auto&... part) { (visit(part), ...); };
  switch (s.op) {
    case Op::open_tree: {
      const OpenTree& d = s.open_tree;
      return parts(d.path, d.out, d.recursive, d.procfs, d.field);
    }
    case Op::open_namespace: {
      const OpenNamespace& d = s.open_namespace;
      return parts(d.path, d.field, d.out, d.foreign);
    }
    case Op::open_proc: return parts(s.open_proc.out);
    case Op::connect_listener: return parts(s.connect_listener.path);
    case Op::make_user_namespace: {
      const MakeUserNamespace& d = s.make_user_namespace;
      return parts(d.uid_map, d.gid_map, d.out);
    }
    case Op::make_cgroup: return parts(s.make_cgroup.path, s.make_cgroup.may_exist);
    case Op::enable_controllers: {
      const EnableControllers& d = s.enable_controllers;
      return parts(d.group, d.needed, d.wanted);
    }
    case Op::init_cpuset: return parts(s.init_cpuset.path);
    case Op::write_file: {
      const WriteFile& d = s.write_file;
      return parts(d.path, d.value, d.optional, d.field, d.other_path, d.other_value);
    }
    case Op::filter_devices: return parts(s.filter_devices.group, s.filter_devices.program);
    case Op::give_cgroup: return parts(s.give_cgroup.group);
    case Op::join_cgroup: return parts(s.join_cgroup.path);
    case Op::enter_cgroup: return parts(s.enter_cgroup.tasks);
    case Op::write_id_map: return parts(s.write_id_map.map, s.write_id_map.groups);
    case Op::run_id_tool: return parts(s.run_id_tool.path, s.run_id_tool.ids);
    case Op::idmap_tree: {
      const IdmapTree& d = s.idmap_tree;
      parts(d.path, d.tree, d.recursive);
      return d.user == no_slot ? void() : parts(d.user);
    }
    case Op::move_netdevice: return parts(s.move_netdevice.name, s.move_netdevice.new_name);
    case Op::make_rdt_group:
    case Op::make_monitor_group: {
      const MakeRdtGroup& d = s.make_rdt_group;
      return parts(d.path, d.schemata, d.existing);
    }
    case Op::run_hook: {
      const RunHook& d = s.run_hook;
      return parts(d.path, d.args, d.env, d.dir, d.state, d.state_tail, d.field);
    }
    case Op::time_offsets: {
      const TimeOffsets& d = s.time_offsets;
      parts(d.offsets);
      return d.offsets.size == 0 ? void() : parts(d.proc);
    }
    case Op::attach: return parts(s.attach.tree);
    case Op::attach_at: return parts(s.attach_at.tree, s.attach_at.path);
    case Op::enter: return parts(s.enter.tree, s.enter.path);
    case Op::make_fs:
      return parts(s.make_fs.type, s.make_fs.options, s.make_fs.out, s.make_fs.target);
    case Op::reconfigure_fs: {
      const ReconfigureFs& d = s.reconfigure_fs;
      return parts(d.tree, d.options, d.target);
    }
    case Op::copy_up: {
      const CopyUp& d = s.copy_up;
      return parts(d.tree, d.target, d.mode, d.owner, d.content, d.follow);
    }
    case Op::make_overlay: {
      const MakeOverlay& d = s.make_overlay;
      return parts(d.lowers, d.upper, d.work, d.out, d.append, d.unsynced);
    }
    case Op::mount_into: return parts(s.mount_into.tree, s.mount_into.target, s.mount_into.follow);
    case Op::mount_below: return parts(s.mount_below.tree, s.mount_below.dir, s.mount_below.target);
    case Op::bind_device: {
      const BindDevice& d = s.bind_device;
      return parts(d.source, d.dir, d.target);
    }
    case Op::make_symlink: {
      const MakeSymlink& d = s.make_symlink;
      return parts(d.dir, d.path, d.target);
    }
    case Op::make_device: return parts(s.make_device.place);
    case Op::make_link: return parts(s.make_link.place, s.make_link.target, s.make_link.replace);
    case Op::mask_path: return parts(s.mask_path.place);
    case Op::readonly_path: return parts(s.readonly_path.place);
    case Op::set_mount_flags: {
      const SetMountFlags& d = s.set_mount_flags;
      return parts(d.tree, d.target, d.recursive);
    }
    case Op::set_propagation: {
      const SetPropagation& d = s.set_propagation;
      return parts(d.tree, d.target, d.recursive);
    }
    case Op::set_hostname:
    case Op::set_domainname: return parts(s.set_hostname.name);
    case Op::new_keyring: return parts(s.new_keyring.name);
    case Op::change_dir: return parts(s.change_dir.path);
    case Op::set_affinity: return parts(s.set_affinity.cpus, s.set_affinity.field);
    case Op::set_memory_policy: return parts(s.set_memory_policy.nodes);
    case Op::set_sysctl: {
      const SetSysctl& d = s.set_sysctl;
      return parts(d.proc, d.path, d.value, d.key);
    }
    case Op::write_label: {
      const WriteLabel& d = s.write_label;
      return parts(d.proc, d.apparmor, d.value, d.field);
    }
    case Op::set_groups: return parts(s.set_groups.gids, s.set_groups.optional);
    case Op::allow_path: return parts(s.allow_path.path, s.allow_path.optional);
    case Op::load_seccomp: return parts(s.load_seccomp.program, s.load_seccomp.state);
    case Op::find_program:
    case Op::execute: return parts(s.execute.args, s.execute.env);
    case Op::deny_setgroups:
    case Op::oom_score:
    case Op::raise_rlimit:
    case Op::release:
    case Op::expect:
    case Op::await:
    case Op::await_start:
    case Op::announce:
    case Op::unshare:
    case Op::private_mounts:
    case Op::detach:
    case Op::terminal:
    case Op::pivot:
    case Op::change_root:
    case Op::loopback_up:
    case Op::set_umask:
    case Op::restore_limits:
    case Op::set_rlimit:
    case Op::set_scheduler:
    case Op::set_io_priority:
    case Op::set_personality:
    case Op::drop_bounding:
    case Op::set_ids:
    case Op::set_capabilities:
    case Op::no_new_privileges:
    case Op::make_landlock:
    case Op::allow_port:
    case Op::enter_landlock: return;
  }
}

}  // namespace containerlib::sandbox
