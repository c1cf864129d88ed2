// floor: what starting a container costs when only the kernel's own work is done. It starts
// /bin/true in a fresh overlay root N times, with vfork-style clone and plain system calls, and
// prints how long each took, in nanoseconds. start_benchmark compares Runtime::run() with it.
//
//   floor --layer DIR --scratch DIR [--user-namespace] [--oci-mounts] [--paths] [--seccomp FILE]
//         [--cgroup-mounts v2|NAME,...] [--volatile] [--bind] [--no-network] (--runs N | --serve)
//
// --layer    absolute; the root file system: the overlay's lower directory (with --bind: the root
// itself)
// --scratch  a directory for the upper and work directories of each run
// --paths    mask and write-protect the files of /proc and /sys that runtimes hide
// --seccomp  load this BPF program (array of struct sock_filter)
// --cgroup-mounts  also /sys/fs/cgroup: cgroup2, or on a tmpfs cgroup2 and these v1 controllers
// --volatile  an overlay that is not synced when it is unmounted
// --serve    one run for each byte read from standard input; see contestant.hpp
//
// No error handling beyond "say which line and stop": it is a yardstick, not a runtime.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
  const char *layer, *scratch, *cgroup_mounts;
  int user_namespace, oci_mounts, paths, volatile_upper, bind, no_network, runs, serve;
  struct sock_fprog seccomp;
  int layer_tree, scratch_tree, go[2];
} o;
static char overlay_options[8192];
static char stack[256 * 1024] __attribute__((aligned(16)));

static void check_line(int line, long result) {
  if (result != -1) return;
  dprintf(2, "floor.c:%d: %s\n", line, strerror(errno));
  _exit(125);
}
#define CHECK(call) check_line(__LINE__, (long)(call))

static void mount_oci_file_systems(void) {
  static const char* const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
  CHECK(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"));
  for (int i = 0; i < 6; i++) {
    char from[32], to[32];
    snprintf(from, sizeof from, "/dev/%s", devices[i]);
    snprintf(to, sizeof to, "dev/%s", devices[i]);
    if (o.user_namespace) {  // where device nodes cannot be made
      CHECK(mknod(to, S_IFREG | 0666, 0));
      CHECK(mount(from, to, 0, MS_BIND, 0));
    } else {
      static const int minors[] = {3, 5, 7, 8, 9, 0};
      CHECK(mknod(to, S_IFCHR | 0666, (i == 5 ? 5u : 1u) << 8 | (unsigned)minors[i]));
    }
  }
  CHECK(mkdir("dev/pts", 0755));
  CHECK(mkdir("dev/shm", 0755));
  CHECK(mkdir("dev/mqueue", 0755));
  CHECK(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
              "newinstance,ptmxmode=0666,mode=0620,gid=5"));
  CHECK(
      mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=65536k"));
  CHECK(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
  CHECK(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, 0));
  CHECK(symlink("pts/ptmx", "dev/ptmx"));
  CHECK(symlink("/proc/self/fd", "dev/fd"));
  CHECK(symlink("/proc/self/fd/0", "dev/stdin"));
  CHECK(symlink("/proc/self/fd/1", "dev/stdout"));
  CHECK(symlink("/proc/self/fd/2", "dev/stderr"));
}

static void mount_cgroups(void) {
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (strcmp(o.cgroup_mounts, "v2") == 0) {
    CHECK(mount("cgroup2", "sys/fs/cgroup", "cgroup2", flags | MS_RDONLY, 0));
    return;
  }
  CHECK(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755,size=64k"));
  CHECK(mkdir("sys/fs/cgroup/unified", 0755));
  CHECK(mount("cgroup2", "sys/fs/cgroup/unified", "cgroup2", flags | MS_RDONLY, 0));
  char names[256], path[512];
  snprintf(names, sizeof names, "%s", o.cgroup_mounts);
  for (char *rest = names, *name; (name = strtok_r(rest, ",", &rest));) {
    snprintf(path, sizeof path, "sys/fs/cgroup/%s", name);
    CHECK(mkdir(path, 0755));
    CHECK(mount("cgroup", path, "cgroup", flags | MS_RDONLY, name));
  }
  CHECK(mount(0, "sys/fs/cgroup", 0, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, 0));
}

static void hide_paths(void) {
  static const char* const masked[] = {
      "proc/acpi",       "proc/asound",        "proc/interrupts",  "proc/kcore",
      "proc/keys",       "proc/latency_stats", "proc/sched_debug", "proc/scsi",
      "proc/timer_list", "proc/timer_stats",   "sys/firmware",     "sys/devices/virtual/powercap"};
  static const char* const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                          "proc/sysrq-trigger"};
  for (unsigned i = 0; i < sizeof masked / sizeof *masked; i++) {
    struct stat info;
    if (stat(masked[i], &info) == -1) continue;
    if (S_ISDIR(info.st_mode))
      CHECK(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "size=0"));
    else
      CHECK(mount("/dev/null", masked[i], 0, MS_BIND, 0));
  }
  for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    if (mount(read_only[i], read_only[i], 0, MS_BIND | MS_REC, 0) == -1) continue;
    CHECK(mount(0, read_only[i], 0,
                MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
  }
}

static void loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK(fd);
  CHECK(ioctl(fd, SIOCSIFFLAGS, &request));
  close(fd);
}

static int in_container(void* unused) {
  (void)unused;
  if (o.user_namespace) {
    char byte;
    CHECK(read(o.go[0], &byte, 1));
    CHECK(syscall(SYS_setresgid, 0, 0, 0));
    CHECK(syscall(SYS_setresuid, 0, 0, 0));
  }
  CHECK(mount(0, "/", 0, MS_PRIVATE | MS_REC, 0));
  if (o.user_namespace) {
    CHECK(move_mount(o.layer_tree, "", AT_FDCWD, "layer", MOVE_MOUNT_F_EMPTY_PATH));
    CHECK(move_mount(o.scratch_tree, "", AT_FDCWD, "scratch", MOVE_MOUNT_F_EMPTY_PATH));
  }
  if (o.bind)
    CHECK(mount(o.layer, "root", 0, MS_BIND | MS_REC, 0));
  else
    CHECK(mount("overlay", "root", "overlay", MS_NOSUID | MS_NODEV, overlay_options));
  CHECK(chdir("root"));
  CHECK(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
  if (o.oci_mounts) mount_oci_file_systems();
  if (o.cgroup_mounts) mount_cgroups();
  if (o.paths) hide_paths();
  CHECK(syscall(SYS_pivot_root, ".", "."));
  CHECK(umount2(".", MNT_DETACH));
  CHECK(chdir("/"));
  CHECK(sethostname("floor", 5));
  if (!o.no_network) loopback_up();
  if (o.seccomp.len) {
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &o.seccomp));
  }
  char *args[] = {"true", 0}, *env[] = {"PATH=/bin", 0};
  CHECK(execve("/bin/true", args, env));
  return 0;
}

static void write_file(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  CHECK(fd);
  CHECK(write(fd, text, strlen(text)));
  close(fd);
}

static int open_tree_of(const char* path) {
  const long fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  CHECK(fd);
  return (int)fd;
}

// What only the parent may do for a container in its own user namespace: ids and idmapped mounts.
static void map_ids(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
  write_file(path, "0 1000000 65536");
  snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
  write_file(path, "0 1000000 65536");
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  const int ns = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(ns);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (__u64)ns};
  CHECK(mount_setattr(o.layer_tree, "", AT_EMPTY_PATH, &attr, sizeof attr));
  CHECK(mount_setattr(o.scratch_tree, "", AT_EMPTY_PATH, &attr, sizeof attr));
  close(ns);
  CHECK(write(o.go[1], "", 1));
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long run_once(void) {
  const long long start = now();
  if (!o.bind) {
    CHECK(mkdir("run", 0700));
    CHECK(mkdir("run/upper", 0755));
    CHECK(mkdir("run/work", 0700));
  }
  int flags = CLONE_VM | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
              CLONE_NEWCGROUP | SIGCHLD;
  if (!o.no_network) flags |= CLONE_NEWNET;
  // With CLONE_VFORK this process sleeps until execve; it must write the id maps before.
  flags |= o.user_namespace ? CLONE_NEWUSER : CLONE_VFORK;
  if (o.user_namespace) {
    o.layer_tree = open_tree_of(o.layer);
    o.scratch_tree = open_tree_of(".");
  }
  const pid_t pid = clone(in_container, stack + sizeof stack, flags, 0);
  CHECK(pid);
  if (o.user_namespace) {
    map_ids(pid);
    close(o.layer_tree);
    close(o.scratch_tree);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0));
  if (status != 0) exit(125);
  if (!o.bind) {
    if (o.volatile_upper) {  // a mark that its content may be incomplete
      CHECK(unlink("run/work/work/incompat/volatile/dirty"));
      CHECK(rmdir("run/work/work/incompat/volatile"));
      CHECK(rmdir("run/work/work/incompat"));
    }
    rmdir("run/work/work");
    CHECK(rmdir("run/work"));
    CHECK(rmdir("run/upper"));
    CHECK(rmdir("run"));
  }
  return now() - start;
}

static void read_seccomp(const char* path) {
  static struct sock_filter program[BPF_MAXINSNS];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd);
  const ssize_t size = read(fd, program, sizeof program);
  CHECK(size);
  close(fd);
  o.seccomp.len = (unsigned short)((size_t)size / sizeof *program);
  o.seccomp.filter = program;
}

static void parse(int argc, char** argv) {
  static const struct option options[] = {{"layer", 1, 0, 'l'},
                                          {"scratch", 1, 0, 's'},
                                          {"user-namespace", 0, 0, 'u'},
                                          {"oci-mounts", 0, 0, 'm'},
                                          {"paths", 0, 0, 'p'},
                                          {"seccomp", 1, 0, 'f'},
                                          {"cgroup-mounts", 1, 0, 'c'},
                                          {"volatile", 0, 0, 'v'},
                                          {"bind", 0, 0, 'b'},
                                          {"runs", 1, 0, 'n'},
                                          {"no-network", 0, 0, 'w'},
                                          {"serve", 0, 0, 'e'},
                                          {0, 0, 0, 0}};
  for (int c; (c = getopt_long(argc, argv, "", options, 0)) != -1;) switch (c) {
      case 'l': o.layer = optarg; break;
      case 's': o.scratch = optarg; break;
      case 'u': o.user_namespace = 1; break;
      case 'm': o.oci_mounts = 1; break;
      case 'p': o.paths = 1; break;
      case 'f': read_seccomp(optarg); break;
      case 'c': o.cgroup_mounts = optarg; break;
      case 'v': o.volatile_upper = 1; break;
      case 'b': o.bind = 1; break;
      case 'n': o.runs = atoi(optarg); break;
      case 'w': o.no_network = 1; break;
      case 'e': o.serve = 1; break;
      default: exit(125);
    }
  if (!o.layer || !o.scratch || o.bind + o.user_namespace > 1) {
    fprintf(stderr, "floor: --layer and --scratch are needed; --bind excludes --user-namespace\n");
    exit(125);
  }
}

// The directories on which the namespace of each run mounts its own trees. All paths but that of
// the layer are relative to the scratch directory.
static void prepare(void) {
  CHECK(chdir(o.scratch));
  mkdir("root", 0755);
  mkdir("layer", 0755);
  mkdir("scratch", 0755);
  const char* upper = o.user_namespace ? "scratch/run" : "run";
  snprintf(overlay_options, sizeof overlay_options,
           "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,userxattr%s",
           o.user_namespace ? "layer" : o.layer, upper, upper, o.volatile_upper ? ",volatile" : "");
  CHECK(pipe2(o.go, O_CLOEXEC));
}

static int by_value(const void* a, const void* b) {
  const long long x = *(const long long*)a, y = *(const long long*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  parse(argc, argv);
  prepare();
  if (o.serve) {
    for (char byte; read(0, &byte, 1) == 1;) dprintf(1, "%lld\n", run_once());
    return 0;
  }
  const int runs = o.runs > 0 ? o.runs : 1;
  long long* times = calloc((size_t)runs, sizeof *times);
  if (!times) return 125;
  for (int i = 0; i < runs; i++) printf("%lld\n", times[i] = run_once());
  qsort(times, (size_t)runs, sizeof *times, by_value);
  printf("min %lld median %lld\n", times[0], times[runs / 2]);
  return 0;
}
