// Tracing is allowed inside of a container, as debuggers need it; see docs/security.md.
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

static long trace_me(const long* args) {
  (void)args;
  return ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static long read_self(const long* args) {
  (void)args;
  char from = 'x', to = 0;
  const struct iovec local = {&to, 1}, remote = {&from, 1};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

void probe_tracing(void) {
  if (outcome(trace_me, 0))
    fail("tracing.ptrace", "refused");
  else
    ok("tracing.ptrace");
  if (outcome(read_self, 0))
    fail("tracing.process_vm_readv", "refused");
  else
    ok("tracing.process_vm_readv");
}
