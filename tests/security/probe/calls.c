// System calls that reach parts of the kernel no container needs. The arguments are wrong on
// purpose: where the call is not refused the kernel finds fault with them and nothing happens, and
// the errno tells that its code was reached. (What asks for a capability before it looks is refused
// either way.)
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "probe.h"

enum {
  nowhere = 1,  // an address that is not mapped
  no_fd = -1,
  wrong_flags = -1,
  any_refusal = 0,  // as whatever else the profile does not name
};

static const struct {
  const char* name;
  long call[7];
  int expected;
} calls[] = {
    // mounts
    {"mount", {SYS_mount, nowhere, nowhere, nowhere, 0, 0}, EPERM},
    {"umount2", {SYS_umount2, nowhere, wrong_flags}, EPERM},
    {"pivot_root", {SYS_pivot_root, nowhere, nowhere}, EPERM},
    {"move_mount", {SYS_move_mount, no_fd, nowhere, no_fd, nowhere, wrong_flags}, EPERM},
    {"open_tree", {SYS_open_tree, no_fd, nowhere, wrong_flags}, EPERM},
    {"open_tree_attr", {467, no_fd, nowhere, wrong_flags, nowhere, 0}, EPERM},
    {"fsopen", {SYS_fsopen, nowhere, wrong_flags}, EPERM},
    {"fsconfig", {SYS_fsconfig, no_fd, wrong_flags, nowhere, nowhere, 0}, EPERM},
    {"fsmount", {SYS_fsmount, no_fd, wrong_flags, wrong_flags}, EPERM},
    {"fspick", {SYS_fspick, no_fd, nowhere, wrong_flags}, EPERM},
    {"mount_setattr", {SYS_mount_setattr, no_fd, nowhere, wrong_flags, nowhere, 0}, EPERM},
    {"setns", {SYS_setns, no_fd, 0}, EPERM},
    // files past the permissions and the namespace
    {"open_by_handle_at", {SYS_open_by_handle_at, no_fd, nowhere, 0}, EPERM},
    {"lookup_dcookie", {SYS_lookup_dcookie, 0, nowhere, 0}, EPERM},
    {"quotactl", {SYS_quotactl, wrong_flags, nowhere, 0, nowhere}, EPERM},
    {"quotactl_fd", {SYS_quotactl_fd, no_fd, wrong_flags, 0, nowhere}, EPERM},
    {"fanotify_init",
     {SYS_fanotify_init, 0x200, 0},
     EPERM},  // FAN_REPORT_FID: without a capability
    {"nfsservctl", {SYS_nfsservctl, 0, nowhere, nowhere}, any_refusal},
    // keys, which no namespace divides
    {"keyctl", {SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0}, EPERM},
    {"keyctl_join_session", {SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nowhere}, EPERM},
    {"add_key", {SYS_add_key, nowhere, nowhere, nowhere, 1, 0}, EPERM},
    {"request_key", {SYS_request_key, nowhere, nowhere, nowhere, 0}, EPERM},
    // programs and work inside the kernel
    {"bpf", {SYS_bpf, 9999, 0, 0}, EPERM},
    {"perf_event_open", {SYS_perf_event_open, nowhere, 0, 0, no_fd, wrong_flags}, EPERM},
    {"userfaultfd", {SYS_userfaultfd, wrong_flags}, EPERM},
    {"io_uring_setup", {SYS_io_uring_setup, 1, nowhere}, EPERM},
    {"io_uring_enter", {SYS_io_uring_enter, no_fd, 0, 0, wrong_flags, 0, 0}, EPERM},
    {"io_uring_register", {SYS_io_uring_register, no_fd, wrong_flags, 0, 0}, EPERM},
    // the machine
    {"kexec_load", {SYS_kexec_load, 0, wrong_flags, nowhere, wrong_flags}, EPERM},
    {"kexec_file_load", {SYS_kexec_file_load, no_fd, no_fd, 0, nowhere, wrong_flags}, EPERM},
    {"init_module", {SYS_init_module, nowhere, 0, nowhere}, EPERM},
    {"finit_module", {SYS_finit_module, no_fd, nowhere, wrong_flags}, EPERM},
    {"delete_module", {SYS_delete_module, nowhere, 0}, EPERM},
    {"reboot", {SYS_reboot, 0, 0, 0, 0}, EPERM},
    {"swapon", {SYS_swapon, nowhere, 0}, EPERM},
    {"swapoff", {SYS_swapoff, nowhere}, EPERM},
    {"acct", {SYS_acct, nowhere}, EPERM},
    {"syslog", {SYS_syslog, 10, 0, 0}, EPERM},  // SYSLOG_ACTION_SIZE_BUFFER
    {"settimeofday", {SYS_settimeofday, nowhere, 0}, EPERM},
    {"clock_settime", {SYS_clock_settime, 0, nowhere}, EPERM},
    {"sethostname", {SYS_sethostname, nowhere, -1}, EPERM},
    {"setdomainname", {SYS_setdomainname, nowhere, -1}, EPERM},
#ifdef SYS_iopl
    {"iopl", {SYS_iopl, 4}, EPERM},
    {"ioperm", {SYS_ioperm, 65536, 1, 1}, EPERM},
#endif
    // where memory lies, which tells of others
    {"get_mempolicy", {SYS_get_mempolicy, 0, 0, 0, 0, 0}, EPERM},
    {"set_mempolicy", {SYS_set_mempolicy, 9999, 0, 0}, EPERM},
    {"mbind", {SYS_mbind, nowhere, 0, 9999, 0, 0, wrong_flags}, EPERM},
    {"migrate_pages", {SYS_migrate_pages, no_fd, 1, nowhere, nowhere}, EPERM},
    {"move_pages", {SYS_move_pages, no_fd, 0, 0, 0, 0, wrong_flags}, EPERM},
    // other processes' descriptors
    {"pidfd_getfd", {SYS_pidfd_getfd, no_fd, no_fd, wrong_flags}, EPERM},
    {"kcmp", {SYS_kcmp, no_fd, no_fd, 9999, 0, 0}, EPERM},
    {"process_madvise", {SYS_process_madvise, no_fd, nowhere, 0, 0, wrong_flags}, EPERM},
    // execution domains that switch protections off: ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, SVr4
    {"personality_no_randomize", {SYS_personality, 0x0040000}, EPERM},
    {"personality_read_implies_exec", {SYS_personality, 0x0400000}, EPERM},
    {"personality_svr4", {SYS_personality, 0x0001 | 0x4000000}, EPERM},
// old and future ones
#ifdef SYS_sysfs
    {"sysfs", {SYS_sysfs, 1, nowhere}, any_refusal},
    {"ustat", {SYS_ustat, 0, nowhere}, any_refusal},
#endif
    {"unknown_number", {9999}, ENOSYS},
    {"negative_number", {-2}, ENOSYS},
};

void probe_calls(void) {
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; ++i) {
    char name[64];
    snprintf(name, sizeof name, "call.%s", calls[i].name);
    refused(name, outcome(system_call, calls[i].call), calls[i].expected);
  }
}
