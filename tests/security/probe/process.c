// What a process has from its parent unless somebody writes it.
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static void number(const char* name, long seen, long wanted) {
  if (seen == wanted)
    ok(name);
  else
    fail(name, "%ld, not %ld", seen, wanted);
}

static void no_signals(const char* name, const char* field) {
  const char* set = status_of_self(field);
  if (strtoul(set, 0, 16) == 0)
    ok(name);
  else
    fail(name, "%s: %s", field, set);
}

static bool same_file(const char* a, const char* b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// A directory outside of the root has a path that the kernel cannot say, and no end of parents at
// "/".
static void working_directory(void) {
  char path[4096], up[4096] = "/proc/self/cwd";
  const bool named = getcwd(path, sizeof path) && path[0] == '/';
  for (int depth = 0; depth < 64 && !same_file(up, "/"); ++depth) strcat(up, "/..");
  if (named && same_file(up, "/"))
    ok("cwd");
  else
    fail("cwd", "%s", named ? path : "outside of the root");
}

static void limits(void) {
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  if (core.rlim_cur == 0 && core.rlim_max == 0)
    ok("limits.core");
  else
    fail("limits.core", "%lld", (long long)core.rlim_max);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  ++files.rlim_max;
  refused("limits.raise", setrlimit(RLIMIT_NOFILE, &files) == -1 ? errno : 0, EPERM);
  const struct sched_param first = {.sched_priority = 1};
  refused("limits.real_time", sched_setscheduler(0, SCHED_FIFO, &first) == -1 ? errno : 0, EPERM);
  errno = 0;
  const int priority = getpriority(PRIO_PROCESS, 0);
  refused("limits.priority", setpriority(PRIO_PROCESS, 0, priority - 1) == -1 ? errno : 0, EACCES);
}

// Of the container's own group, which it sees as the root of all.
static void number_of_processes(void) {
  char most[32];
  if (!read_text("/sys/fs/cgroup/pids.max", most, sizeof most) &&
      !read_text("/sys/fs/cgroup/pids/pids.max", most, sizeof most))
    skip("limits.processes", "no controller, or it cannot be seen");
  else if (strncmp(most, "max", 3) == 0)
    fail("limits.processes", "none");
  else
    ok("limits.processes");
}

static void out_of_memory(void) {
  char text[32] = "", lower[32];
  const char* least = argument("oom");
  read_text("/proc/self/oom_score_adj", text, sizeof text);
  const int adjustment = atoi(text);
  if (adjustment < (least ? atoi(least) : 0))
    fail("oom.not_protected", "%d", adjustment);
  else
    ok("oom.not_protected");
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  const int length = snprintf(lower, sizeof lower, "%d", adjustment - 1);
  refused("oom.lower", write(fd, lower, (unsigned)length) == -1 ? errno : 0, EACCES);
  close(fd);
}

static void scheduling(void) {
  const int policy = sched_getscheduler(0);
  if (policy == SCHED_FIFO || policy == SCHED_RR)
    fail("scheduling.policy", "real-time: %d", policy);
  else
    ok("scheduling.policy");
  const int priority = getpriority(PRIO_PROCESS, 0);
  if (priority < 0)
    fail("scheduling.priority", "%d", priority);
  else
    ok("scheduling.priority");
  const long class = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) >> IOPRIO_CLASS_SHIFT;
  if (class == IOPRIO_CLASS_RT)
    fail("scheduling.io", "real-time");
  else
    ok("scheduling.io");
  const long first = IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT;
  const long call[7] = {SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, first};
  refused("limits.io_priority", outcome(system_call, call), EPERM);
}

void probe_process(void) {
  number("session", getsid(0), getpid());
  working_directory();
  number("umask", umask(022), 022);
  no_signals("signals.blocked", "SigBlk");
  no_signals("signals.ignored", "SigIgn");
  no_signals("signals.pending", "ShdPnd");
  number("dumpable", prctl(PR_GET_DUMPABLE), 1);
  number("timer_slack", prctl(PR_GET_TIMERSLACK), 50000);
  number("personality", personality(0xffffffff), 0);
  number("huge_pages", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
  enum { get_memory_merge = 68 };  // Linux 6.4
  if (prctl(get_memory_merge, 0, 0, 0, 0) == 1)
    fail("memory_merge", "pages are shared with others that have the same");
  else
    ok("memory_merge");
  number("securebits", prctl(PR_GET_SECUREBITS), 0);
  scheduling();
  limits();
  number_of_processes();
  out_of_memory();
}
