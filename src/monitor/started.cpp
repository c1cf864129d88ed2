#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "monitor/start.hpp"

// What a new process says until its execve.
namespace containerlib::monitor {
namespace {

/// Its command runs: tells those who wait for it.
void on_started(Monitor& m, Running& r) {
  r.started = true;
  if (int e = tell_that_it_runs(r)) return report_failure(m, r, no_step, e);
  const bool sends_terminal = r.terminal >= 0 && !r.keeps_terminal;
  if (r.terminal >= 0 && r.keeps_terminal) {
    r.output[0].stream = 1;
    int e = watch(m, r.output[0], Source::Kind::output, &r, r.terminal);
    r.terminal = -1;
    if (e) return report_failure(m, r, no_step, e);
  }
  Event event;
  event.type = EventType::started;
  event.pid = r.pid;
  int fds[2] = {r.end.fd, r.terminal};
  send_event(r.channel, event, fds, sends_terminal ? 2 : 1);
  if (r.terminal >= 0) ::close(r.terminal);
  r.terminal = -1;
}

}  // namespace

void on_start_event(Monitor& m, Running& r) {
  sandbox::Failure failure;
  iovec part{&failure, sizeof failure};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  // ECONNRESET, before what it has said: it has ended without having read that it may go on.
  do got = ::recvmsg(r.start.fd, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && (errno == ECONNRESET || errno == EINTR));
  if (got == 1) {
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (!header || message.msg_flags & MSG_CTRUNC) return report_failure(m, r, no_step, EMFILE);
    std::memcpy(&r.terminal, CMSG_DATA(header), sizeof r.terminal);
    return;
  }
  if (got == sizeof failure) return report_failure(m, r, failure.step, failure.errnum);

  // The end of file: execve has closed the socket, or the process was killed on its way there.
  // Which of the two, the host sees by what comes next.
  unwatch(m, r.start);
  on_started(m, r);
}

}  // namespace containerlib::monitor
