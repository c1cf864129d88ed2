#include "sandbox/execute/spawn.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "base/broken.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/process.hpp"

namespace containerlib::sandbox {
namespace {

[[noreturn]] void tell_and_exit(int status, Failure failure) {
  sys::send_message(status, &failure, sizeof failure);
  ::_exit(1);
}

/// A runner may block some, to pass them on.
void accept_all_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

long clone_process(std::uint64_t flags, int cgroup, volatile pid_t* tell) {
  clone_args args{};
  args.flags = flags | CLONE_CLEAR_SIGHAND;
  args.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD;
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  if (tell) {
    args.flags |= CLONE_PARENT_SETTID;
    args.parent_tid = reinterpret_cast<std::uint64_t>(tell);
  }
  return sys::clone3(args);
}

long spawn(Launch& l, const Streams& streams, Failure& failure) {
  const PlanHeader& header = *l.plan.header;
  int cgroup = -1;
  if (header.cgroup.size) {
    cgroup = ::open(l.plan.str(header.cgroup), O_PATH | O_DIRECTORY | O_CLOEXEC);
    // Outside of it, it would have no limits.
    if (cgroup < 0) return -errno;
  }
  long pid = 0;
  if (header.join_flags || header.joins) {
    pid = spawn_joined(l, streams, cgroup, failure);
  } else {
    pid = clone_process(header.clone_flags, cgroup);
    if (pid == 0) begin(l, streams, -1);
  }
  if (cgroup >= 0) ::close(cgroup);
  return pid;
}

void begin(Launch& l, const Streams& streams, int root) {
  // This process's copy of the runner's end, which would hide that the runner has died.
  ::close(l.process);
  if (l.lock >= 0) ::close(l.lock);
  if (l.tied) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  accept_all_signals();
  if (!broken("SEC-28-session")) ::setsid();
  // Above 2 first: a stream's descriptor may be in the way of another.
  int high[3];
  for (int i = 0; i < 3; ++i)
    if ((high[i] = ::fcntl(streams.child[i], F_DUPFD_CLOEXEC, 3)) < 0) fail_start(l, errno);
  for (int i = 0; i < 3; ++i)
    if (::dup2(high[i], i) < 0) fail_start(l, errno);
  // With a terminal, nothing may be left of them: whoever has started the runner reads to the end.
  for (int fd : high) ::close(fd);
  if (streams.passed >= 0 && ::dup2(streams.passed, 3) < 0) fail_start(l, errno);
  if (root >= 0) l.slots[root_slot] = root;
  tell_and_exit(l.status, execute_inside(l));
}

void fail_start(const Launch& l, int errnum) { tell_and_exit(l.status, {no_step, errnum}); }

}  // namespace containerlib::sandbox
