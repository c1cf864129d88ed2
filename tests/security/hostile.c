/* What a hostile program in a container tries and a shell cannot. Static: it runs in any root.
 *   hostile calls             system calls, each with the name of its answer
 *   hostile spy               looks into every other process it sees, until it is killed
 *   hostile securebits        prints its own
 *   hostile lie CALL PROGRAM  PROGRAM below a filter that answers "done" to CALL, and does nothing
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* name, long result) {
  printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno));
}

/* In a child, as success would change this process. */
static void say_of_child(const char* name, long call, unsigned long first) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) _exit(syscall(call, first, 0, 0, 0, 0, 0) >= 0 ? 0 : errno);
  int status = 0;
  waitpid(pid, &status, 0);
  errno = WEXITSTATUS(status);
  say(name, errno ? -1 : 0);
}

#ifdef __x86_64__
/* getpid by its 32-bit number. */
static long i386_getpid(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}
#endif

static int calls(void) {
  say_of_child("unshare_user", SYS_unshare, CLONE_NEWUSER);
  say_of_child("unshare_mount", SYS_unshare, CLONE_NEWNS);
  say_of_child("clone_user", SYS_clone, CLONE_NEWUSER | SIGCHLD);
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) _exit(0);
  say("clone3_user", pid);
  for (int family = 1; family < 46; ++family) {
    char name[32];
    snprintf(name, sizeof name, "socket_%d", family);
    int fd = socket(family, family == AF_PACKET ? SOCK_RAW : SOCK_STREAM, 0);
    if (fd < 0 && errno != EPERM && errno != EAFNOSUPPORT) fd = socket(family, SOCK_DGRAM, 0);
    say(name, fd);
    if (fd >= 0) close(fd);
  }
  static char ring[256];
  say("io_uring_setup", syscall(SYS_io_uring_setup, 1, ring));
  say("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  say("add_key", syscall(SYS_add_key, "user", "name", "x", 1, -3));
  say("userfaultfd", syscall(SYS_userfaultfd, 0));
  say("bpf", syscall(SYS_bpf, 0, ring, 72));
  say("perf_event_open", syscall(SYS_perf_event_open, ring, 0, -1, -1, 0));
  say("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, ring, O_RDONLY));
  say("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
  say("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  say("fsconfig", syscall(SYS_fsconfig, -1, 0, 0, 0, 0));
  say("fsmount", syscall(SYS_fsmount, -1, 0, 0));
  say("fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
  say("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  say("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/tmp", AT_FDCWD, "/tmp", 0));
  say("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, ring, 32));
  say("setns", syscall(SYS_setns, -1, 0));
#ifdef __x86_64__
  say("i386", i386_getpid());
  say("x32", syscall(0x40000000 | SYS_getpid));
  say("sysfs", syscall(SYS_sysfs, 3)); /* the kernel has it, the filter knows nothing of it */
  say("ustat", syscall(SYS_ustat, 0, ring));
#endif
  say("unknown_600", syscall(600));
  say("unknown_100000", syscall(100000));
  say("unknown_minus_2", syscall(-2));
  const unsigned long high = 1ul << 32; /* the kernel takes the low half (CVE-2019-10063) */
  char key = 'x';
  say("tiocsti", syscall(SYS_ioctl, 0, TIOCSTI, &key));
  say("tiocsti_high", syscall(SYS_ioctl, 0, TIOCSTI | high, &key));
  say("tioclinux", syscall(SYS_ioctl, 0, TIOCLINUX, &key));
  say("tioclinux_high", syscall(SYS_ioctl, 0, TIOCLINUX | high, &key));
  return 0;
}

static void link_of(char* out, size_t size, const char* path) {
  ssize_t n = readlink(path, out, size - 1);
  out[n < 0 ? 0 : n] = '\0';
}

/* Descriptors above the three streams: those are not for it. */
static void spy_on_descriptors(const char* pid) {
  char path[600], target[512];
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  DIR* dir = opendir(path);
  if (!dir) return;
  for (struct dirent* entry; (entry = readdir(dir));) {
    if (atoi(entry->d_name) < 3) continue;
    snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, entry->d_name);
    link_of(target, sizeof target, path);
    if (*target) printf("descriptor %s of %s: %s\n", entry->d_name, pid, target);
  }
  closedir(dir);
}

/* Whether it can be held while it is not yet a program of the container. */
static void spy_by_tracing(const char* pid, const char* own) {
  char path[600], target[512];
  const pid_t number = atoi(pid);
  if (ptrace(PTRACE_SEIZE, number, 0, 0) < 0) return;
  ptrace(PTRACE_INTERRUPT, number, 0, 0);
  waitpid(number, 0, __WALL);
  snprintf(path, sizeof path, "/proc/%s/exe", pid);
  link_of(target, sizeof target, path);
  if (*target && strcmp(target, "/bin/busybox") && strcmp(target, own))
    printf("traced %s: %s\n", pid, target);
  ptrace(PTRACE_DETACH, number, 0, 0);
}

static _Noreturn void spy(void) {
  char own[512];
  link_of(own, sizeof own, "/proc/self/exe");
  setvbuf(stdout, 0, _IOLBF, 0);
  puts("looking");
  for (;;) {
    DIR* dir = opendir("/proc");
    for (struct dirent* entry; dir && (entry = readdir(dir));) {
      const pid_t number = atoi(entry->d_name);
      if (number <= 1 || number == getpid() || number == getppid()) continue;
      spy_on_descriptors(entry->d_name);
      spy_by_tracing(entry->d_name, own);
    }
    if (dir) closedir(dir);
  }
}

static int lie(const char* call, char** program) {
  const int prctl_call = strcmp(call, "no_new_privs") == 0;
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, prctl_call ? SYS_prctl : SYS_capset, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(prctl_call ? BPF_JMP | BPF_JEQ | BPF_K : BPF_JMP | BPF_JGE | BPF_K,
               prctl_call ? PR_SET_NO_NEW_PRIVS : 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog whole = {sizeof filter / sizeof *filter, filter};
  if (geteuid() != 0) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) < 0) return 2;
  execv(program[0], program);
  return 2;
}

int main(int count, char** args) {
  if (count > 1 && strcmp(args[1], "calls") == 0) return calls();
  if (count > 1 && strcmp(args[1], "spy") == 0) spy();
  if (count > 1 && strcmp(args[1], "securebits") == 0)
    return printf("%d\n", prctl(PR_GET_SECUREBITS)) < 0;
  if (count > 3 && strcmp(args[1], "lie") == 0) return lie(args[2], args + 3);
  return 2;
}
