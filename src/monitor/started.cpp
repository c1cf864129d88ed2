#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "linux/message.hpp"
#include "monitor/running.hpp"
#include "sandbox/execute/spawn.hpp"

// What a new process says until its execve.
namespace containerlib::monitor {

void on_started(Monitor& m, Running& r) {
  r.started = true;
  if (int e = r.restoring ? await_restored(m, r) : tell_that_it_runs(r))
    return report_failure(m, r, sandbox::no_step, e);
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

sandbox::Failure said_failure(int socket, const sandbox::Failure& ours) {
  sandbox::Failure said;
  const sys::Received message = sys::receive_message(socket, &said, sizeof said, MSG_DONTWAIT);
  for (int i = 0; i < message.count; ++i) ::close(message.fds[i]);
  return message.size == sizeof said ? said : ours;
}

void on_start_event(Monitor& m, Running& r) {
  sandbox::Failure failure;
  const sys::Received message = sys::receive_message(r.start.fd, &failure, sizeof failure);
  if (message.count > 0) r.terminal = message.fds[0];
  if (message.size == 1) {
    if (message.cut || message.count == 0) report_failure(m, r, sandbox::no_step, EMFILE);
    return;
  }
  if (message.size == sizeof failure) return report_failure(m, r, failure.step, failure.errnum);

  // The end of file: execve has closed the socket, or the process was killed on its way there.
  // Which of the two, the host sees by what comes next.
  unwatch(m, r.start);
  on_started(m, r);
}

}  // namespace containerlib::monitor
