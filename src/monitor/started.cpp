#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "monitor/running.hpp"
#include "sandbox/execute/spawn.hpp"

// What a new process says until its execve.
namespace containerlib::monitor {
namespace {

/// recvmsg(2) that goes on after ECONNRESET. That comes once, before what was sent, when the
/// process has ended without having read that it may go on.
ssize_t receive(int socket, msghdr& message, int flags) {
  ssize_t got;
  do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  return got;
}

/// Its command runs: tells those who wait for it.
void on_started(Monitor& m, Running& r) {
  r.started = true;
  if (int e = tell_that_it_runs(r)) return report_failure(m, r, sandbox::no_step, e);
  const bool sends_terminal = r.terminal >= 0 && !r.keeps_terminal;
  if (r.terminal >= 0 && r.keeps_terminal) {
    // Without a slave that is open the master reads EIO, though one may be opened again.
    const int slave = ::ioctl(r.terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave >= 0 && r.hold_count < descriptor_limit) r.holds[r.hold_count++] = slave;
    r.output[0].stream = 1;
    int e = watch(m, r.output[0], Source::Kind::output, &r, r.terminal);
    r.terminal = -1;
    if (e) return report_failure(m, r, sandbox::no_step, e);
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

sandbox::Failure said_failure(int socket, const sandbox::Failure& ours) {
  sandbox::Failure said;
  iovec part{&said, sizeof said};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return receive(socket, message, MSG_DONTWAIT) == sizeof said ? said : ours;
}

void on_start_event(Monitor& m, Running& r) {
  sandbox::Failure failure;
  iovec part{&failure, sizeof failure};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = receive(r.start.fd, message, 0);
  if (got == 1) {
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (!header || message.msg_flags & MSG_CTRUNC)
      return report_failure(m, r, sandbox::no_step, EMFILE);
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
