#include "sandbox/seccomp/profile.hpp"

#include <linux/sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/broken.hpp"

// The default profile is data: it follows Docker's (which programs in images are tried with) but
// for what is said at the tables. A name that an architecture lacks has no effect there.
namespace containerlib::sandbox {
namespace {

constexpr std::string_view allowed[] = {
    // files and directories
    "access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup",
    "dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod",
    "fchmodat", "fchmodat2", "fchown", "fchownat", "fcntl", "fdatasync", "flock", "fstat",
    "fstatfs", "fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64", "lchown",
    "link", "linkat", "lseek", "lstat", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at",
    "newfstatat", "open", "openat", "openat2", "pread64", "preadv", "preadv2", "pwrite64",
    "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "rename",
    "renameat", "renameat2", "rmdir", "sendfile", "splice", "stat", "statfs", "statx", "symlink",
    "symlinkat", "sync", "sync_file_range", "syncfs", "tee", "truncate", "umask", "unlink",
    "unlinkat", "utime", "utimensat", "utimes", "vmsplice", "write", "writev", "cachestat",
    "file_getattr", "file_setattr",
    // extended attributes
    "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "getxattrat", "lgetxattr",
    "listxattr", "listxattrat", "llistxattr", "lremovexattr", "lsetxattr", "removexattr",
    "removexattrat", "setxattr", "setxattrat",
    // what is mounted in the own namespace, watching files
    "listmount", "statmount", "fanotify_mark", "inotify_add_watch", "inotify_init", "inotify_init1",
    "inotify_rm_watch",
    // waiting for descriptors
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd", "eventfd2", "poll", "ppoll", "pselect6", "select", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_gettime", "timerfd_settime",
    // the older asynchronous input and output (io_uring is among the refused)
    "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit",
    // memory
    "brk", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore",
    "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mremap", "mseal", "msync", "munlock",
    "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect", "process_mrelease",
    "remap_file_pages",
    // processes and threads
    "execve", "execveat", "exit", "exit_group", "fork", "vfork", "wait4", "waitid", "getpgid",
    "getpgrp", "getpid", "getppid", "getsid", "gettid", "setpgid", "setsid", "set_tid_address",
    "pidfd_open", "pidfd_send_signal", "prctl", "arch_prctl", "modify_ldt", "get_thread_area",
    "set_thread_area", "futex", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake",
    "get_robust_list", "set_robust_list", "rseq", "getcpu", "uprobe", "uretprobe",
    // tracing: allowed by Docker since Linux 4.8, where seccomp filters also see what a tracer
    // changes
    "ptrace", "process_vm_readv", "process_vm_writev",
    // scheduling, limits
    "getpriority", "getrlimit", "getrusage", "ioprio_get", "ioprio_set", "prlimit64",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
    "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity",
    "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "setpriority",
    "setrlimit",
    // signals
    "alarm", "kill", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo",
    "sigaltstack", "tgkill", "tkill",
    // time (setting the clock through adjtimex is refused by the kernel without CAP_SYS_TIME)
    "adjtimex", "clock_adjtime", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer",
    "gettimeofday", "nanosleep", "setitimer", "time", "timer_create", "timer_delete",
    "timer_getoverrun", "timer_gettime", "timer_settime", "times",
    // users and credentials
    "capget", "capset", "getegid", "geteuid", "getgid", "getgroups", "getresgid", "getresuid",
    "getuid", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid", "setresgid", "setresuid",
    "setreuid", "setuid",
    // pipes and sockets (which families: see below)
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "pipe", "pipe2", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto",
    "setsockopt", "shutdown",
    // System V and POSIX message queues, semaphores, shared memory
    "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink",
    "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop", "shmat",
    "shmctl", "shmdt", "shmget",
    // a program's own further confinement
    "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "lsm_get_self_attr",
    "lsm_list_modules", "lsm_set_self_attr", "seccomp",
    // the rest
    "getrandom", "sysinfo", "uname"};

// Refused whatever the capabilities: key rings are not divided by namespaces; io_uring does its
// work past this filter and has been the kernel's richest source of escapes; userfaultfd stops the
// kernel at a place of the caller's choice; the others replace, halt or swap the host itself.
constexpr std::string_view refused[] = {
    "add_key",        "keyctl",        "request_key",     "io_uring_enter", "io_uring_register",
    "io_uring_setup", "userfaultfd",   "kexec_file_load", "kexec_load",     "swapoff",
    "swapon",         "migrate_pages", "move_pages"};

struct Unlocked {
  std::string_view capability;
  std::span<const std::string_view> calls;
};

constexpr std::string_view dac_read_search[] = {"open_by_handle_at"};
constexpr std::string_view sys_admin[] = {
    "mount",          "umount2",  "pivot_root",  "fsopen",        "fsconfig",
    "fsmount",        "fspick",   "move_mount",  "mount_setattr", "open_tree",
    "open_tree_attr", "setns",    "sethostname", "setdomainname", "fanotify_init",
    "lookup_dcookie", "quotactl", "quotactl_fd", "bpf",           "perf_event_open",
    "syslog"};
constexpr std::string_view sys_boot[] = {"reboot"};
constexpr std::string_view sys_chroot[] = {"chroot"};
constexpr std::string_view sys_module[] = {"delete_module", "finit_module", "init_module"};
constexpr std::string_view sys_nice[] = {"get_mempolicy", "mbind", "set_mempolicy",
                                         "set_mempolicy_home_node"};
constexpr std::string_view sys_pacct[] = {"acct"};
constexpr std::string_view sys_ptrace[] = {"kcmp", "pidfd_getfd", "process_madvise"};
constexpr std::string_view sys_rawio[] = {"ioperm", "iopl"};
constexpr std::string_view sys_time[] = {"clock_settime", "settimeofday"};
constexpr std::string_view sys_tty_config[] = {"vhangup"};
constexpr std::string_view syslog_calls[] = {"syslog"};
constexpr std::string_view bpf_calls[] = {"bpf"};
constexpr std::string_view perfmon[] = {"perf_event_open"};

// Allowed to a process that has the capability, refused to others. A call named twice is allowed by
// either capability.
constexpr Unlocked unlocked[] = {
    {"CAP_BPF", bpf_calls},         {"CAP_DAC_READ_SEARCH", dac_read_search},
    {"CAP_PERFMON", perfmon},       {"CAP_SYSLOG", syslog_calls},
    {"CAP_SYS_ADMIN", sys_admin},   {"CAP_SYS_BOOT", sys_boot},
    {"CAP_SYS_CHROOT", sys_chroot}, {"CAP_SYS_MODULE", sys_module},
    {"CAP_SYS_NICE", sys_nice},     {"CAP_SYS_PACCT", sys_pacct},
    {"CAP_SYS_PTRACE", sys_ptrace}, {"CAP_SYS_RAWIO", sys_rawio},
    {"CAP_SYS_TIME", sys_time},     {"CAP_SYS_TTY_CONFIG", sys_tty_config},
};
// Unlocks socket families only, see sockets().
constexpr std::string_view net_raw = "CAP_NET_RAW";

SeccompPolicy always(int errnum) { return {{.errnum = errnum}}; }

SeccompClause when(std::uint8_t argument, std::uint32_t mask, std::uint32_t value, int errnum) {
  return {
      .conditional = true, .argument = argument, .mask = mask, .value = value, .errnum = errnum};
}

constexpr std::uint32_t all_bits = 0xffffffff;
constexpr std::uint32_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// clone and unshare without any of these flags; `flags` is the first argument.
SeccompPolicy without_flags(std::uint32_t flags) {
  return {when(0, flags, 0, 0), {.errnum = EPERM}};
}

/// The five execution domains that Docker allows: Linux and 32-bit Linux, each with or without the
/// old uname, and the question for the present one. Others switch off address randomisation or
/// memory protection.
SeccompPolicy personalities() {
  constexpr std::uint32_t uname26 = 0x0020000, linux32 = 0x0008, ask = 0xffffffff;
  return {when(0, ~(uname26 | linux32), 0, 0), when(0, all_bits, ask, 0), {.errnum = EPERM}};
}

/// Pushing characters into the terminal of another, by TIOCSTI or by a paste of TIOCLINUX.
SeccompPolicy terminal_controls() {
  constexpr std::uint32_t tiocsti = 0x5412, tioclinux = 0x541c;
  return {when(1, all_bits, tiocsti, EPERM), when(1, all_bits, tioclinux, EPERM), {.errnum = 0}};
}

/// Socket families. Docker refuses two (AF_ALG and AF_VSOCK, the latter reaches the hypervisor);
/// here only those pass that programs in containers use: any other is code of the kernel that is
/// loaded on demand and little tested, and looks as on a kernel built without it.
SeccompPolicy sockets(bool raw) {
  SeccompPolicy policy;
  for (const std::uint32_t family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
    policy.push_back(when(0, all_bits, family, 0));
  if (raw) policy.push_back(when(0, all_bits, AF_PACKET, 0));
  for (const std::uint32_t family : {AF_ALG, AF_VSOCK, AF_PACKET})
    policy.push_back(when(0, all_bits, family, EPERM));
  policy.push_back({.errnum = EAFNOSUPPORT});
  return policy;
}

bool has(const std::vector<std::string>& capabilities, std::string_view name) {
  return std::find(capabilities.begin(), capabilities.end(), name) != capabilities.end();
}

void add_unlocked(std::vector<SyscallPolicy>& profile,
                  const std::vector<std::string>& capabilities) {
  std::vector<SyscallPolicy> calls;
  for (const Unlocked& group : unlocked) {
    const bool unlocks = has(capabilities, group.capability);
    for (const std::string_view name : group.calls) {
      const auto same = [name](const SyscallPolicy& call) { return call.name == name; };
      const auto found = std::find_if(calls.begin(), calls.end(), same);
      if (found == calls.end()) {
        calls.push_back({name, always(unlocks ? 0 : EPERM)});
      } else if (unlocks) {
        found->policy = always(0);
      }
    }
  }
  std::move(calls.begin(), calls.end(), std::back_inserter(profile));
}

/// Calls whose policy is a defence, in a build that lacks it: what is named last wins.
void allow_in_broken_builds(std::vector<SyscallPolicy>& profile) {
  const auto allow = [&](std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) profile.push_back({name, profile.front().policy});
  };
  if (broken("SEC-18-namespaces")) allow({"clone", "clone3", "unshare"});
  if (broken("SEC-18-sockets")) allow({"socket", "socketpair"});
  if (broken("SEC-18-calls")) allow({"add_key", "io_uring_setup", "keyctl", "userfaultfd"});
  if (broken("SEC-28-calls")) allow({"ioctl"});
  if (broken("SEC-31-mounts")) allow({"fsopen", "move_mount", "open_tree"});
  if (broken("SEC-31-unknown")) allow({"sysfs", "ustat"});
}

}  // namespace

std::vector<SyscallPolicy> default_profile(const std::vector<std::string>& capabilities) {
  std::vector<SyscallPolicy> profile;
  for (const std::string_view name : allowed) profile.push_back({name, always(0)});
  for (const std::string_view name : refused) profile.push_back({name, always(EPERM)});
  add_unlocked(profile, capabilities);

  const bool admin = has(capabilities, "CAP_SYS_ADMIN");
  profile.push_back({"clone", admin ? always(0) : without_flags(new_namespaces)});
  // In unshare(2) a time namespace is one of the flags; clone(2) has the signal in those bits.
  profile.push_back({"unshare", admin ? always(0) : without_flags(new_namespaces | CLONE_NEWTIME)});
  // Its flags are in memory, out of a filter's reach: the C library falls back to clone.
  profile.push_back({"clone3", always(admin ? 0 : ENOSYS)});
  profile.push_back({"personality", personalities()});
  profile.push_back({"ioctl", terminal_controls()});
  const bool raw = has(capabilities, net_raw);
  profile.push_back({"socket", sockets(raw)});
  profile.push_back({"socketpair", sockets(raw)});
  allow_in_broken_builds(profile);
  return profile;
}

std::vector<std::string> profile_capabilities(const std::vector<std::string>& capabilities) {
  std::vector<std::string> result;
  for (const Unlocked& group : unlocked)
    if (has(capabilities, group.capability)) result.emplace_back(group.capability);
  if (has(capabilities, net_raw)) result.emplace_back(net_raw);
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace containerlib::sandbox
