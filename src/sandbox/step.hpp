#pragma once
#include <cstdint>

// The steps of a LaunchPlan: plain data without pointers, copied as bytes to the monitor, which
// executes them in order. Three kinds, by who executes them and when:
//   before   the monitor, before the process exists
//   after    the monitor, while the new process waits in `await` or works: `release` ends its first
//            wait, the end of these steps its last
//   inside   the new process, up to execve
namespace containerlib::sandbox {

/// A text of the plan: offset and length in its text area, where a NUL follows it. A list is a text
/// whose items are separated by NULs.
struct Text {
  std::uint32_t offset = 0, size = 0;
};

/// Number of a descriptor in the table that the steps of one plan share.
using Slot = std::uint16_t;
inline constexpr Slot slot_count = 256;
/// The root file system's mount, from the step that makes it on.
inline constexpr Slot root_slot = 0;

enum class Op : std::uint16_t {
  // before
  open_tree,
  // before (v2) or after (v1)
  make_cgroup,
  enable_controllers,
  init_cpuset,
  write_file,
  filter_devices,
  give_cgroup,
  // after
  join_cgroup,
  deny_setgroups,
  write_id_map,
  idmap_tree,
  oom_score,
  release,
  // inside
  await,
  await_start,
  find_program,
  unshare,
  private_mounts,
  attach,
  detach,
  enter,
  make_fs,
  make_overlay,
  mount_into,
  mount_below,
  bind_device,
  make_symlink,
  mask_path,
  readonly_path,
  set_mount_flags,
  terminal,
  pivot,
  set_hostname,
  loopback_up,
  new_keyring,
  set_umask,
  change_dir,
  /// The host's limit of descriptors, not the monitor's own. After the last step that opens
  /// something: what the monitor has open is inherited, and may be more.
  restore_limits,
  set_rlimit,
  drop_bounding,
  set_groups,
  set_ids,
  set_capabilities,
  no_new_privileges,
  load_seccomp,
  execute,
};

/// mkdir, with what is missing above it; v2: new groups above it give it all controllers that they
/// have. Removed again with the process.
struct MakeCgroup {
  Text path;
  bool may_exist;  ///< one that is there is used
};
/// v2: a group above the container's gives controllers to those in it. It is an error when one of
/// the list `needed` cannot be given, as where the group holds processes (EBUSY).
struct EnableControllers {
  Text group, needed, wanted;
};
/// v1 only: a new cpuset has no CPUs; takes those of its parent, as those above it do.
struct InitCpuset {
  Text path;
};
/// Writes `value` to a control file. `optional`: a missing file is no error.
struct WriteFile {
  Text path, value;
  bool optional;
  Text field;                    ///< what asked for it, for messages
  Text other_path, other_value;  ///< written instead where the file is missing; empty: none
};
/// v2: the program (array of bpf_insn) says which devices the group's processes may use.
struct FilterDevices {
  Text group, program;
};
/// v2: the group becomes this user's, with those of its files that may (cgroups(7), "delegation").
struct GiveCgroup {
  Text group;
  std::uint32_t uid;
};
/// A detached copy of a host tree: open_tree(OPEN_TREE_CLONE), with MOUNT_ATTR_* `flags` on all of
/// it.
struct OpenTree {
  Text path;
  std::uint64_t flags;
  Slot out;
  bool recursive;
};
/// Writes the new process's id to a cgroup.procs.
struct JoinCgroup {
  Text path;
};
struct WriteIdMap {
  Text map;
  bool groups;
};
/// Shifts ownership in a detached tree by the new process's user namespace.
struct IdmapTree {
  Text path;  ///< where it came from, for messages
  Slot tree;
  bool recursive;
};
struct OomScore {
  std::int32_t value;
};

struct Unshare {
  std::uint64_t flags;
};
/// Attaches a detached mount on top of "/" of the new mount namespace: reached by its descriptor
/// only.
struct Attach {
  Slot tree;
};
/// fchdir below a mount.
struct Enter {
  Slot tree;
  Text path;
};
/// fsopen, fsconfig for each "key=value" or "flag" of the list, fsmount with MOUNT_ATTR_* `flags`.
struct MakeFs {
  Text type, options;
  std::uint64_t flags;
  Slot out;
};
/// As make_fs for "overlay"; paths are relative to the working directory (see enter). `append`: the
/// lower directories go one by one (Linux 6.7), else as one option of at most 255 bytes.
struct MakeOverlay {
  Text lowers, upper, work;
  std::uint64_t flags;
  Slot out;
  bool append;
  bool unsynced;  ///< "volatile" (Linux 5.10): unmounting does not sync the upper's file system
};
/// Attaches a mount in the root file system, whose symlinks cannot lead out of it. A missing target
/// is made: a directory for a directory, else an empty file.
struct MountInto {
  Slot tree;
  Text target;
  bool follow;  ///< symlinks in the target are followed, within the root; else an error
};
/// Makes the last component of `target`, a directory, in a mount of this plan, where nothing of the
/// image can be, and attaches another mount there.
struct MountBelow {
  Slot tree, dir;
  Text target;
};
/// A device node of the host, verified to be this device, in a mount of this plan.
struct BindDevice {
  Text source;
  Slot dir;
  Text target;
  std::uint32_t major, minor;
};
/// In a mount of this plan.
struct MakeSymlink {
  Slot dir;
  Text path, target;
};
/// Hides a path: /dev/null over a file, an empty read-only directory over a directory. No error
/// when there is none.
struct MaskPath {
  Text path;
};
struct ReadonlyPath {
  Text path;
};
struct SetMountFlags {
  Slot tree;
  std::uint64_t flags;
};
/// A pseudo-terminal of the container's own devpts on descriptors 0, 1, 2 and /dev/console.
struct Terminal {
  std::uint16_t rows, columns;
  std::uint32_t uid;  ///< its owner
};
struct SetHostname {
  Text name;
};
struct NewKeyring {
  Text name;
};
struct SetRlimit {
  std::int32_t resource;
  std::uint64_t soft, hard;
};
struct SetUmask {
  std::uint32_t mask;
};
struct ChangeDir {
  Text path;
};
struct DropBounding {
  std::uint64_t keep;  ///< bit n: capability n
};
struct SetGroups {
  Text gids;  ///< array of uint32_t
};
struct SetIds {
  std::uint32_t uid, gid;
};
struct SetCapabilities {
  std::uint64_t effective, permitted, inheritable, ambient;
};
struct LoadSeccomp {
  Text program;  ///< array of sock_filter
};
struct Execute {
  Text args, env;  ///< lists; args[0] is looked up in PATH of env unless it has a slash
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
    JoinCgroup join_cgroup;
    WriteIdMap write_id_map;
    IdmapTree idmap_tree;
    OomScore oom_score;
    Unshare unshare;
    Attach attach;
    Enter enter;
    MakeFs make_fs;
    MakeOverlay make_overlay;
    MountInto mount_into;
    MountBelow mount_below;
    BindDevice bind_device;
    MakeSymlink make_symlink;
    MaskPath mask_path;
    ReadonlyPath readonly_path;
    SetMountFlags set_mount_flags;
    Terminal terminal;
    SetHostname set_hostname;
    NewKeyring new_keyring;
    SetRlimit set_rlimit;
    SetUmask set_umask;
    ChangeDir change_dir;
    DropBounding drop_bounding;
    SetGroups set_groups;
    SetIds set_ids;
    SetCapabilities set_capabilities;
    LoadSeccomp load_seccomp;
    Execute execute;
  };
};

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
