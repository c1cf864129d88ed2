// Tracing is allowed inside of a container, as debuggers need it; who compares does not mind.
#include <string.h>
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

static void allowed(const char* name, int seen) {
  if (seen && !argument("refusal"))
    fail(name, "%s", strerrorname_np(seen));
  else
    ok(name);
}

void probe_tracing(void) {
  allowed("tracing.ptrace", outcome(trace_me, 0));
  allowed("tracing.process_vm_readv", outcome(read_self, 0));
}
