#include "sandbox/execute/execute.hpp"

#include <sys/stat.h>

#include "linux/syscalls.hpp"
#include "sandbox/execute/hook.hpp"
#include "sandbox/execute/landlock.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/namespaces.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/scheduling.hpp"
#include "sandbox/execute/seccomp.hpp"
#include "sandbox/execute/settings.hpp"
#include "sandbox/execute/trees.hpp"

namespace containerlib::sandbox {
namespace {

int run(Launch& l, const Step& s) {
  const auto str = [&](Text t) { return l.plan.str(t); };
  switch (s.op) {
    case Op::await: return await_release(l);
    case Op::await_start: return await_start(l);
    case Op::announce: return announce(l);
    case Op::run_hook: return run_hook(l, s.run_hook, ::getpid());
    case Op::find_program: return find_program(l, s.execute);
    case Op::unshare: return static_cast<int>(sys::raw(SYS_unshare, s.unshare.flags));
    case Op::time_offsets: return set_time_offsets(l, s.time_offsets);
    case Op::open_tree: return open_tree(l, s.open_tree);
    case Op::private_mounts: return private_mounts();
    case Op::attach: return attach(l.slots[s.attach.tree]);
    case Op::attach_at: return attach_at(l.slots[s.attach_at.tree], str(s.attach_at.path));
    case Op::detach: return detach();
    case Op::enter: return enter(l.slots[s.enter.tree], str(s.enter.path));
    case Op::make_fs: return make_fs(l, s.make_fs);
    case Op::reconfigure_fs: return reconfigure_fs(l, s.reconfigure_fs);
    case Op::copy_up: return copy_up(l, s.copy_up);
    case Op::make_overlay: return make_overlay(l, s.make_overlay);
    case Op::mount_into: return mount_into(l, s.mount_into);
    case Op::mount_below: return mount_below(l, s.mount_below);
    case Op::bind_device: return bind_device(l, s.bind_device);
    case Op::make_symlink: return make_symlink(l, s.make_symlink);
    case Op::make_device: return make_device(l, s.make_device);
    case Op::make_link: return make_link(l, s.make_link);
    case Op::mask_path: return mask_path(l, s.mask_path.place);
    case Op::readonly_path: return readonly_path(l, s.readonly_path.place);
    case Op::set_mount_flags: return set_mount_flags(l, s.set_mount_flags);
    case Op::set_propagation: return set_propagation(l, s.set_propagation);
    case Op::terminal: return open_terminal(l, s.terminal);
    case Op::pivot: return pivot(l.slots[root_slot]);
    case Op::change_root: return change_root(l.slots[root_slot]);
    case Op::set_hostname:
      return static_cast<int>(
          sys::raw(SYS_sethostname, str(s.set_hostname.name), s.set_hostname.name.size));
    case Op::set_domainname:
      return static_cast<int>(
          sys::raw(SYS_setdomainname, str(s.set_hostname.name), s.set_hostname.name.size));
    case Op::loopback_up: return loopback_up();
    case Op::new_keyring: return new_keyring(str(s.new_keyring.name));
    case Op::restore_limits: return restore_limits(l);
    case Op::set_rlimit: return set_rlimit(s.set_rlimit);
    case Op::set_scheduler: return set_scheduler(s.set_scheduler);
    case Op::set_io_priority: return set_io_priority(s.set_io_priority);
    case Op::set_affinity: return set_affinity(l, s.set_affinity);
    case Op::set_memory_policy: return set_memory_policy(l, s.set_memory_policy);
    case Op::set_personality: return set_personality(s.set_personality);
    case Op::set_sysctl: return set_sysctl(l, s.set_sysctl);
    case Op::write_label: return write_label(l, s.write_label);
    case Op::set_umask: return static_cast<int>(sys::raw(SYS_umask, s.set_umask.mask) * 0);
    case Op::change_dir: return change_dir(l, str(s.change_dir.path));
    case Op::drop_bounding: return drop_bounding(s.drop_bounding.keep);
    case Op::set_groups: return set_groups(l, s.set_groups);
    case Op::set_ids: return set_ids(s.set_ids);
    case Op::set_capabilities: return set_capabilities(s.set_capabilities);
    case Op::no_new_privileges: return no_new_privileges();
    case Op::make_landlock: return make_landlock(l, s.make_landlock);
    case Op::allow_path: return allow_path(l, s.allow_path);
    case Op::allow_port: return allow_port(l, s.allow_port);
    case Op::enter_landlock: return enter_landlock(l);
    case Op::load_seccomp: return load_seccomp(l, s.load_seccomp);
    case Op::execute: return execute(l, s.execute);
    default: return -EINVAL;
  }
}

}  // namespace

Failure execute_inside(Launch& l) {
  const PlanHeader& header = *l.plan.header;
  for (std::uint32_t i = 0; i < header.inside; ++i)
    if (int result = run(l, l.plan.inside()[i]); result < 0)
      return {header.before + header.after + i, -result};
  return {header.before + header.after + header.inside, EINVAL};
}

}  // namespace containerlib::sandbox
