#pragma once
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

// System calls that the C library of Debian 12 does not wrap, or wraps with more than the call. All
// return the result, or -errno. They are safe between clone and execve.
namespace containerlib::sys {

template <class... Args>
inline long raw(long number, Args... args) {
  long result = ::syscall(number, args...);
  return result == -1 ? -errno : result;
}

/// clone3(2), for fork-like use: 0 in the child.
inline long clone3(clone_args& args) { return raw(SYS_clone3, &args, sizeof args); }

inline long pidfd_open(pid_t pid, unsigned flags = 0) { return raw(SYS_pidfd_open, pid, flags); }
inline long pidfd_send_signal(int pidfd, int signal) {
  return raw(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

/// openat2(2) without following magic links. `mode` only with O_CREAT.
inline long openat2(int dir, const char* path, std::uint64_t flags, std::uint64_t resolve,
                    std::uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: the kernel saw a rename while it walked and cannot tell whether the walk stayed inside.
  long fd = -EAGAIN;
  for (int tries = 0; tries < 128 && fd == -EAGAIN; ++tries)
    fd = raw(SYS_openat2, dir, path, &how, sizeof how);
  return fd;
}

inline long close_range(unsigned first, unsigned last, unsigned flags) {
  return raw(SYS_close_range, first, last, flags);
}

// The mount API, <linux/mount.h>, which cannot be included together with <sys/mount.h>.
inline constexpr unsigned open_tree_clone = 1;
inline constexpr unsigned move_mount_from_fd = 0x4, move_mount_to_fd = 0x40;
inline constexpr unsigned fsopen_cloexec = 1, fsmount_cloexec = 1, fspick_cloexec = 1,
                          fspick_empty_path = 8;
inline constexpr unsigned fsconfig_set_flag = 0, fsconfig_set_string = 1, fsconfig_create = 6,
                          fsconfig_reconfigure = 7;
inline constexpr std::uint64_t mount_rdonly = 0x1, mount_nosuid = 0x2, mount_nodev = 0x4,
                               mount_noexec = 0x8, mount_noatime = 0x10, mount_strictatime = 0x20,
                               mount_atime_mask = 0x70, mount_nodiratime = 0x80,
                               mount_idmap = 0x100000, mount_nosymfollow = 0x200000;
// Propagation types, <sys/mount.h>.
inline constexpr std::uint64_t propagate_unbindable = 1 << 17, propagate_private = 1 << 18,
                               propagate_slave = 1 << 19, propagate_shared = 1 << 20;
inline constexpr unsigned at_recursive = 0x8000;

struct mount_attr {
  std::uint64_t attr_set = 0, attr_clr = 0, propagation = 0, userns_fd = 0;
};

inline long open_tree(int dir, const char* path, unsigned flags) {
  return raw(SYS_open_tree, dir, path, flags | O_CLOEXEC);
}
inline long move_mount(int from, const char* from_path, int to, const char* to_path,
                       unsigned flags) {
  return raw(SYS_move_mount, from, from_path, to, to_path, flags);
}
inline long fsopen(const char* type) { return raw(SYS_fsopen, type, fsopen_cloexec); }
/// The file system of an open mount, to be configured anew.
inline long fspick(int mount) {
  return raw(SYS_fspick, mount, "", fspick_cloexec | fspick_empty_path);
}
inline long fsconfig(int fs, unsigned command, const char* key, const void* value, int aux) {
  return raw(SYS_fsconfig, fs, command, key, value, aux);
}
inline long fsmount(int fs, std::uint64_t attributes) {
  return raw(SYS_fsmount, fs, fsmount_cloexec, static_cast<unsigned>(attributes));
}
inline long mount_setattr(int dir, const char* path, unsigned flags, const mount_attr& attr) {
  return raw(SYS_mount_setattr, dir, path, flags, &attr, sizeof attr);
}
inline long pivot_root(const char* new_root, const char* put_old) {
  return raw(SYS_pivot_root, new_root, put_old);
}

}  // namespace containerlib::sys
