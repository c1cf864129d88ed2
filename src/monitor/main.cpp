#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "linux/confined.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "monitor/running.hpp"

// The program between host and containers. Started by client.cpp with its control socket as
// descriptor 3 and /dev/null as 0, 1 and 2; it ends when the host has gone and nothing detached
// runs.
namespace containerlib::monitor {
namespace {

constexpr int control_fd = 3;

/// A container's command may be /proc/self/exe: that is this program, without a host.
bool has_host() {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(control_fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/// It shall not end by what is sent to all processes of a service or a session, or by the host's
/// limits. Caught, not ignored: execve(2) takes back what is caught, so a container's signals are
/// as they should be without a further call.
void outlive_signals() {
  struct sigaction nothing = {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGXCPU, SIGXFSZ})
    ::sigaction(signal, &nothing, nullptr);
}

/// A host that is served before all others, on the processor or the disk, is alone in that.
void give_up_priority() {
  const int policy = ::sched_getscheduler(0);
  const sched_param none = {};
  if (policy == SCHED_FIFO || policy == SCHED_RR) ::sched_setscheduler(0, SCHED_OTHER, &none);
  if (::getpriority(PRIO_PROCESS, 0) < 0) ::setpriority(PRIO_PROCESS, 0, 0);
  if (sys::raw(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_RT)
    sys::raw(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
}

/// Nothing of the host is to be passed on to containers.
void forget_the_host() {
  for (int signal = 1; signal <= 64; ++signal) ::signal(signal, SIG_DFL);
  outlive_signals();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();
  ::umask(022);
  give_up_priority();  // first: a real-time process has no timer slack
  // A debugger or a build may have switched off the randomisation of addresses for the host.
  ::personality(PER_LINUX);
  constexpr unsigned long kernel_default_nanoseconds = 50'000;
  ::prctl(PR_SET_TIMERSLACK, kernel_default_nanoseconds);
  ::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  // Memory that is the same is shared, which a process can tell by the time that writing takes.
  constexpr int pr_set_memory_merge = 67;  // Linux 6.4
  ::prctl(pr_set_memory_merge, 0, 0, 0, 0);
  ::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
  ::prctl(PR_SET_NAME, "containerlib-mo");
  if (::chdir("/") < 0) ::_exit(1);
}

/// A container costs several descriptors, so that the usual soft limit would be that of some
/// hundred.
void raise_limits(Monitor& m) {
  if (::getrlimit(RLIMIT_NOFILE, &m.files) < 0) return;
  const rlimit most{m.files.rlim_max, m.files.rlim_max};
  m.files_raised = m.files.rlim_cur < m.files.rlim_max && ::setrlimit(RLIMIT_NOFILE, &most) == 0;
}

void answer(int channel, int errnum) {
  Event event;
  event.type = EventType::done;
  event.errnum = errnum;
  send_event(channel, event, nullptr, 0);
}

void detach(Monitor& m, std::string_view id) {
  for (Running* r = m.first; r; r = r->next)
    if (id == r->id.begin()) r->attached = false;
}

int set_up(Monitor& m, Reader& reader, int* fds, int count) {
  if (count > 1)
    if (int e = watch(m, m.host, Source::Kind::host, nullptr, std::exchange(fds[1], -1))) return e;
  auto rootless = reader.value<std::uint64_t>();
  std::string_view uids = reader.text(), gids = reader.text(), tools = reader.text();
  return rootless ? enter_user_namespace(uids, gids, tools) : 0;
}

/// Takes over the descriptors.
void handle(Monitor& m, RequestType type, Reader& reader, int* fds, int count) {
  if (type == RequestType::launch) {
    auto head = reader.value<LaunchHead>();
    return launch(m, head, reader, fds, count);
  }
  int error = EINVAL;
  switch (type) {
    case RequestType::setup: error = set_up(m, reader, fds, count); break;
    case RequestType::detach: detach(m, reader.text()), error = 0; break;
    case RequestType::remove_tree: error = -sys::remove_tree_confined(reader.text().data()); break;
    case RequestType::apply_owners:
      if (count > 1) error = apply_owners(reader, fds[1]);
      break;
    case RequestType::shift_layers: error = shift_layers(reader); break;
    case RequestType::launch: break;
  }
  answer(fds[0], error);
  for (int i = 0; i < count; ++i)
    if (fds[i] >= 0) ::close(fds[i]);
}

/// A packet that was too long for the socket lies in the memfd that came first after the channel.
void handle_large(Monitor& m, RequestType type, int* fds, int count) {
  struct stat st;
  if (count < 2 || ::fstat(fds[1], &st) < 0 || st.st_size == 0)
    return refuse(type, fds, count, EINVAL);
  auto size = static_cast<std::size_t>(st.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fds[1], 0);
  if (data == MAP_FAILED) return refuse(type, fds, count, errno);
  ::close(fds[1]);
  for (int i = 2; i < count; ++i) fds[i - 1] = fds[i];
  Reader reader(static_cast<const char*>(data), size);
  handle(m, type, reader, fds, count - 1);
  ::munmap(data, size);
}

void on_host_gone(Monitor& m) {
  m.host_gone = true;
  unwatch(m, m.control);
  unwatch(m, m.host);
  for (Running *r = m.first, *next; r; r = next) {
    next = r->next;
    if (!r->attached) continue;
    if (r->restoring && r->started)
      abandon_restore(m, *r);
    else
      kill_process(*r);
  }
}

void on_control_event(Monitor& m) {
  alignas(8) static char packet[packet_limit + sizeof(PacketHead)];
  sys::Received message = sys::receive_message(control_fd, packet, sizeof packet);
  if (message.size <= 0) return on_host_gone(m);
  // Without its channel there is nobody to tell.
  if (message.count == 0) return;
  Reader reader(packet, static_cast<std::size_t>(message.size));
  const auto head = reader.value<PacketHead>();
  // Descriptors are missing: this process may not have more.
  if (message.cut) return refuse(head.type, message.fds, message.count, EMFILE);
  if (head.large) return handle_large(m, head.type, message.fds, message.count);
  handle(m, head.type, reader, message.fds, message.count);
}

void on_event(Monitor& m, Source& s) {
  switch (s.kind) {
    case Source::Kind::control: return on_control_event(m);
    case Source::Kind::host: return on_host_gone(m);
    case Source::Kind::start: return on_start_event(m, *s.of);
    case Source::Kind::end: return on_end_event(m, *s.of);
    case Source::Kind::restored: return on_restored_event(m, *s.of);
    case Source::Kind::output:
      if (!pump(*s.of, s)) {
        finish_output(*s.of, s);
        unwatch(m, s);
      }
      return;
  }
}

int run() {
  if (!has_host()) return 1;
  forget_the_host();
  Monitor m;
  raise_limits(m);
  m.epoll = ::epoll_create1(EPOLL_CLOEXEC);
  ::fcntl(control_fd, F_SETFD, FD_CLOEXEC);
  if (m.epoll < 0 || watch(m, m.control, Source::Kind::control, nullptr, control_fd)) return 1;
  while (!m.host_gone || m.first) {
    // One event at a time: handling one may free what another points to.
    epoll_event event;
    int n = ::epoll_wait(m.epoll, &event, 1, -1);
    if (n == 1) on_event(m, *static_cast<Source*>(event.data.ptr));
    if (n < 0 && errno != EINTR) return 1;
  }
  for_each(m.parents, [](const char* group) { ::rmdir(group); });  // works with the last container
  return 0;
}

}  // namespace
}  // namespace containerlib::monitor

int main() { return containerlib::monitor::run(); }
