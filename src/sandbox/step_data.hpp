#pragma once
#include <cstdint>

// What each kind of step says: one struct for each Op of step.hpp that has something to say, in its
// order. Plain data without pointers.
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
/// The socket of connect_listener.
inline constexpr Slot listener_slot = slot_count - 1;
/// The rules of make_landlock.
inline constexpr Slot landlock_slot = slot_count - 2;
inline constexpr Slot no_slot = 0xffff;

/// A path in the root file system that is looked up from a mount of this plan on, as what follows
/// its first `below` bytes: whatever becomes meanwhile of the names above that mount.
struct Place {
  Text path;
  Slot base;
  std::uint32_t below;
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
/// A detached copy of a host tree: open_tree(OPEN_TREE_CLONE), with this propagation (MS_SHARED or
/// the like).
struct OpenTree {
  Text path;
  std::uint64_t propagation;
  Slot out;
  bool recursive;
  bool procfs;  ///< must be the root of a procfs
  Text field;   ///< of the config, for messages; may be empty
};
/// A user namespace with these maps and no process.
struct MakeUserNamespace {
  Text uid_map, gid_map;
  Slot out;
};
/// A namespace of the type `flag` (CLONE_NEW*), which is verified.
struct OpenNamespace {
  Text path, field;  ///< `field`: of the configuration, for messages
  std::uint64_t flag;
  Slot out;
  bool foreign;  ///< the runner's own is refused: what is changed in it would be changed for all
};
/// A procfs of the runner's: what the process writes there goes to no file of the container's
/// (SEC-01, SEC-08).
struct OpenProc {
  Slot out;
};
/// Writes the new process's id to a cgroup.procs, or the like.
struct JoinCgroup {
  Text path;
};
/// The process enters a v1 group by its own hand, when it is released next. Moved by another one it
/// would have to wait until no process forks or ends, which takes an RCU grace period: 10 ms (Linux
/// 5.15, "cgroup: Optimize single thread migration").
struct EnterCgroup {
  Text tasks;  ///< the group's file of this name
};
struct WriteIdMap {
  Text map;
  bool groups;
};
/// newuidmap(1), newgidmap(1): "PID ID…" with the ids of the list.
struct RunIdTool {
  Text path, ids;
};
/// Shifts ownership in a detached tree by a user namespace; no_slot: the new process's.
struct IdmapTree {
  Text path;  ///< where it came from, for messages
  Slot tree, user;
  bool recursive;
};
struct OomScore {
  std::int32_t value;
};
/// Of the runner's network namespace, to the process's: with its lasting addresses, and up.
struct MoveNetdevice {
  Text name, new_name;
};
/// A class of resctrl(7): made with `schemata` (lines, each ended); one that is there must have
/// them already. `existing`: it must be there. One that is made stays until the container is
/// deleted.
struct MakeRdtGroup {
  Text path, schemata;
  bool existing;
};

/// Runs a program to its end, with the container's state on its standard input: `state`, the
/// process's id, `state_tail`. For messages its `field`.
struct RunHook {
  Text path, args, env, dir, state, state_tail, field;
  std::int32_t timeout;  ///< seconds; 0: none
};

struct Unshare {
  std::uint64_t flags;
};
/// A new time namespace, which execve enters (Linux 6.2): "monotonic SECONDS NANOSECONDS\n…".
struct TimeOffsets {
  Slot proc;
  Text offsets;
};
/// Attaches a detached mount on top of "/" of the new mount namespace: reached by its descriptor
/// only.
struct Attach {
  Slot tree;
};
/// Attaches it at a path of the host in the new mount namespace, where hooks look for it.
struct AttachAt {
  Slot tree;
  Text path;
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
  Text target;  ///< where it will be, for messages
};
/// fsconfig for each of the list, on a file system of this plan.
struct ReconfigureFs {
  Slot tree;
  Text options, target;
};
/// Gives a new file system the mode and owner of the directory that it will cover, and a copy of
/// all that is in it. No directory there: nothing.
struct CopyUp {
  Slot tree;
  Text target;
  bool mode, owner, content;
  bool follow;  ///< as in mount_into
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
  /// Symlinks in the target are followed, within the root and not into /proc, /sys or /dev; else
  /// one is an error.
  bool follow;
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
/// A device node or FIFO in the root file system, no symlink followed. Where this process may make
/// none, the host's node of this path is bound. One that is there already must be this one.
struct MakeDevice {
  Place place;
  std::uint32_t type;  ///< S_IFCHR, S_IFBLK, S_IFIFO
  std::uint32_t major, minor, mode, uid, gid;
};
/// A symlink in the root file system, on the way to which none is followed. What is there already
/// stays, or goes if `replace`.
struct MakeLink {
  Place place;
  Text target;
  bool replace;
};
/// Hides a path: /dev/null over a file, an empty read-only directory over a directory. No error
/// when there is none.
struct MaskPath {
  Place place;
};
struct ReadonlyPath {
  Place place;
};
/// MOUNT_ATTR_* bits.
struct SetMountFlags {
  Slot tree;
  std::uint64_t flags, clear;
  Text target;  ///< for messages
  bool recursive;
};
/// MS_SHARED or the like.
struct SetPropagation {
  Slot tree;
  std::uint64_t type;
  Text target;  ///< for messages
  bool recursive;
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
struct SetScheduler {
  std::uint32_t policy;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t flags, runtime, deadline, period;
};
struct SetIoPriority {
  std::int32_t value;  ///< class and level, ioprio_set(2)
};
struct SetAffinity {
  Text cpus, field;  ///< `cpus`: array of unsigned long, bit n for CPU n
};
struct SetMemoryPolicy {
  std::int32_t mode;
  Text nodes;  ///< array of unsigned long, bit n for node n
};
struct SetPersonality {
  std::uint64_t persona;
};
/// "sys/…" below the host's /proc, in the namespaces of the process.
struct SetSysctl {
  Slot proc;
  Text path, value, key;
};
/// Of what the process executes.
struct WriteLabel {
  Slot proc;
  bool apparmor;  ///< else SELinux
  Text value, field;
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
  Text gids;      ///< array of uint32_t
  bool optional;  ///< no error where the user namespace denies it (user_namespaces(7))
};
struct SetIds {
  std::uint32_t uid, gid;
};
struct SetCapabilities {
  std::uint64_t effective, permitted, inheritable, ambient;
};
/// To the program at this socket, which gets the filter's listener.
struct ConnectListener {
  Text path;
};
/// A Landlock ruleset that denies these: sets of bits, see linux/landlock.hpp.
struct MakeLandlock {
  std::uint64_t files, ports, scopes;
};
/// But for what is at or below a path in the root file system, and may be done with a file of its
/// kind. `optional`: no error when nothing is there.
struct AllowPath {
  Text path;
  std::uint64_t access;
  bool optional;
};
struct AllowPort {
  std::uint64_t port, access;
};
struct LoadSeccomp {
  Text program;         ///< array of sock_filter
  std::uint32_t flags;  ///< SECCOMP_FILTER_FLAG_*
  Text state;           ///< sent with a listener; each NUL in it stands for the process's id
};
struct Execute {
  Text args, env;  ///< lists; args[0] is looked up in PATH of env unless it has a slash
};

}  // namespace containerlib::sandbox
