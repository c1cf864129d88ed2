// probe [NAME=VALUE…]: says what a hostile program in a container finds, one line a check. Static,
// so that it runs in any root; nothing it does is harmful where nothing is refused. Status 1: a
// check has failed. The arguments are what only the host knows:
//
//   ns.KIND=INODE      of the host's namespace: user, mnt, pid, ipc, uts, cgroup, net
//   hostname=NAME      the host's
//   abstract=NAME      an abstract socket that a process of the host listens on
//   oom=N              least oom_score_adj
//   refusal=any        it does not matter with which errno a call is refused
//   single_id=yes      the container has one user id only, and the groups it was started with
#include "probe.h"

#include <string.h>

static char** arguments;

const char* argument(const char* name) {
  const unsigned long length = strlen(name);
  for (char** each = arguments; *each; ++each)
    if (strncmp(*each, name, length) == 0 && (*each)[length] == '=') return *each + length + 1;
  return 0;
}

int main(int count, char** words) {
  (void)count;
  arguments = words + 1;
  if (argument("setuid")) return setuid_copy();
  probe_inherited();
  probe_credentials();
  probe_namespaces();
  probe_process();
  probe_mounts();
  probe_paths();
  probe_devices();
  probe_network();
  probe_keyring();
  probe_calls();
  probe_new_namespaces();
  probe_sockets();
  probe_foreign_abi();
  probe_terminal();
  probe_tracing();
  probe_setuid();
  return anything_failed();
}
