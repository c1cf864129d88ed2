// A namespace of one's own, above all a user namespace, gives a program the capabilities to call
// parts of the kernel that are else closed to it.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "probe.h"

static const struct {
  const char* name;
  long flag;
} kinds[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},       {"pid", CLONE_NEWPID},
             {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS},      {"net", CLONE_NEWNET},
             {"time", 0x00000080},    {"cgroup", CLONE_NEWCGROUP}};

// A flag that the kernel finds fault with after the filter: nothing happens where it is not
// refused.
enum { unshares_nothing = 1, needs_shared_memory = CLONE_SIGHAND };

void probe_new_namespaces(void) {
  char name[64];
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    snprintf(name, sizeof name, "unshare.%s", kinds[i].name);
    const long unshare[7] = {SYS_unshare, kinds[i].flag | unshares_nothing};
    refused(name, outcome(system_call, unshare), EPERM);
    if (kinds[i].flag < 0x100) continue;  // among clone's flags that is the signal
    snprintf(name, sizeof name, "clone.%s", kinds[i].name);
    const long clone[7] = {SYS_clone, kinds[i].flag | needs_shared_memory | SIGCHLD};
    refused(name, outcome(system_call, clone), EPERM);
  }
  const long clone3[7] = {SYS_clone3, 0, 0};
  refused("clone3", outcome(system_call, clone3), ENOSYS);
  const long unshare_user[7] = {SYS_unshare, CLONE_NEWUSER};
  const int seen = outcome(system_call, unshare_user);
  if (seen)
    ok("nested_user_namespace");
  else
    fail("nested_user_namespace", "was made");
}
