#pragma once
#include <cstdint>

#include "sandbox/step_data.hpp"

// The steps of a LaunchPlan: plain data without pointers, copied as bytes to its runner (the
// monitor, or the OCI command), which executes them in order. Three kinds, by who executes them and
// when:
//   before   the runner, before the process exists
//   after    the runner, while the new process waits in `await` or works: `release` ends its first
//            wait, the end of these steps its last
//   inside   the new process, up to execve
namespace containerlib::sandbox {

enum class Op : std::uint16_t {
  // before
  open_tree,  // also inside
  open_namespace,
  open_proc,
  connect_listener,
  make_user_namespace,
  // before (v2) or after (v1)
  make_cgroup,
  enable_controllers,
  init_cpuset,
  write_file,
  filter_devices,
  give_cgroup,
  // after
  join_cgroup,
  enter_cgroup,
  deny_setgroups,
  write_id_map,
  run_id_tool,
  idmap_tree,
  oom_score,
  raise_rlimit,
  move_netdevice,
  make_rdt_group,
  make_monitor_group,
  release,
  /// Waits for the process's `announce`.
  expect,
  // after or inside
  run_hook,
  // inside
  await,
  await_start,
  announce,
  find_program,
  unshare,
  time_offsets,
  private_mounts,
  attach,
  attach_at,
  detach,
  enter,
  make_fs,  // also before
  reconfigure_fs,
  copy_up,
  make_overlay,
  mount_into,
  mount_below,
  bind_device,
  make_symlink,
  make_device,
  make_link,
  mask_path,
  readonly_path,
  set_mount_flags,  // also before
  set_propagation,
  terminal,
  pivot,
  change_root,
  set_hostname,
  set_domainname,
  loopback_up,
  new_keyring,
  set_umask,
  change_dir,
  /// The host's limit of descriptors, not the monitor's own. After the last step that opens
  /// something: what the monitor has open is inherited, and may be more.
  restore_limits,
  set_rlimit,
  set_scheduler,
  set_io_priority,
  set_affinity,
  set_memory_policy,
  set_personality,
  set_sysctl,
  write_label,
  drop_bounding,
  set_groups,
  set_ids,
  set_capabilities,
  no_new_privileges,
  make_landlock,
  allow_path,
  allow_port,
  enter_landlock,
  load_seccomp,
  execute,
};

struct Step {
  Op op;
  union {
    MakeCgroup make_cgroup;
    EnableControllers enable_controllers;
    InitCpuset init_cpuset;
    WriteFile write_file;
    FilterDevices filter_devices;
    GiveCgroup give_cgroup;
    OpenTree open_tree;
    MakeUserNamespace make_user_namespace;
    JoinCgroup join_cgroup;
    EnterCgroup enter_cgroup;
    OpenNamespace open_namespace;
    OpenProc open_proc;
    WriteIdMap write_id_map;
    RunIdTool run_id_tool;
    RunHook run_hook;
    IdmapTree idmap_tree;
    OomScore oom_score;
    Unshare unshare;
    TimeOffsets time_offsets;
    Attach attach;
    AttachAt attach_at;
    Enter enter;
    MakeFs make_fs;
    ReconfigureFs reconfigure_fs;
    CopyUp copy_up;
    MakeOverlay make_overlay;
    MountInto mount_into;
    MountBelow mount_below;
    BindDevice bind_device;
    MakeSymlink make_symlink;
    MakeDevice make_device;
    MakeLink make_link;
    MaskPath mask_path;
    ReadonlyPath readonly_path;
    SetMountFlags set_mount_flags;
    SetPropagation set_propagation;
    Terminal terminal;
    SetHostname set_hostname;
    NewKeyring new_keyring;
    MoveNetdevice move_netdevice;
    MakeRdtGroup make_rdt_group;
    SetScheduler set_scheduler;
    SetIoPriority set_io_priority;
    SetAffinity set_affinity;
    SetMemoryPolicy set_memory_policy;
    SetPersonality set_personality;
    SetSysctl set_sysctl;
    WriteLabel write_label;
    SetRlimit set_rlimit;
    SetUmask set_umask;
    ChangeDir change_dir;
    DropBounding drop_bounding;
    SetGroups set_groups;
    SetIds set_ids;
    SetCapabilities set_capabilities;
    ConnectListener connect_listener;
    MakeLandlock make_landlock;
    AllowPath allow_path;
    AllowPort allow_port;
    LoadSeccomp load_seccomp;
    Execute execute;
  };
};

/// In Failure::errnum: a hook or tool has exited with, or was killed by, the number that is added.
inline constexpr int program_exited = 0x10000, program_killed = 0x20000;

/// A step that has nothing to say but what it does.
inline Step plain_step(Op op) {
  Step step{};
  step.op = op;
  return step;
}

struct Join {
  std::uint64_t flag = 0;  ///< CLONE_NEW*
  Slot slot = 0;
};

/// What precedes the steps and the text when a plan is sent.
struct PlanHeader {
  std::uint64_t clone_flags = 0;  ///< CLONE_NEW* of the new process
  std::uint64_t join_flags = 0;   ///< CLONE_NEW* to join of a running process (exec)
  std::uint32_t before = 0, after = 0, inside = 0;  ///< numbers of steps
  std::uint32_t text_size = 0;
  Text cgroup;  ///< v2 directory to be born in (CLONE_INTO_CGROUP); empty: none
  /// Namespaces by path, opened by `before` steps, joined in this order before the process is made.
  Join join[8] = {};
  std::uint32_t joins = 0, padding = 0;
  /// Owner of the pipes that are made for its streams, as the monitor sees ids.
  std::uint32_t stream_uid = 0, stream_gid = 0;
};

/// A plan where it lies in memory: what the executor works on.
struct PlanView {
  const PlanHeader* header = nullptr;
  const Step* steps = nullptr;
  const char* text = nullptr;

  const char* str(Text t) const { return text + t.offset; }
  const Step* before() const { return steps; }
  const Step* after() const { return steps + header->before; }
  const Step* inside() const { return after() + header->after; }
};

}  // namespace containerlib::sandbox
