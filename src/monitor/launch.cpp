#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <csignal>
#include <cstdlib>

#include "linux/syscalls.hpp"
#include "monitor/running.hpp"
#include "sandbox/execute_outside.hpp"
#include "sandbox/execute_process.hpp"

namespace containerlib::monitor {
namespace {

using sandbox::Failure;
using sandbox::Launch;

/// The descriptors of one launch request, and the pipes made for it.
struct Streams {
  int child[3] = {-1, -1, -1};  ///< what becomes 0, 1, 2
  int log[2] = {-1, -1};        ///< our ends of logged streams
  int join = -1;
};

/// Longer than a Failure, which may come instead.
struct JoinAnswer {
  std::int64_t pid = -1;
  std::int64_t more = 0;
};

int open_null() { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }

int make_streams(const LaunchHead& head, const sandbox::PlanHeader& plan, const int* fds, int& used,
                 Streams& out) {
  for (int i = 0; i < 3; ++i) {
    switch (head.stdio[i]) {
      case StdioKind::null: out.child[i] = open_null(); break;
      case StdioKind::fd:
      case StdioKind::given_fd: out.child[i] = fds[used++]; break;
      case StdioKind::log: {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) < 0) return -errno;
        out.child[i] = ends[1];
        if (i > 0) out.log[i - 1] = ends[0];
        break;
      }
    }
    if (out.child[i] < 0) return -EMFILE;
    // So that a user of the container can open /dev/stdout again.
    const bool made = head.stdio[i] == StdioKind::log || head.stdio[i] == StdioKind::given_fd;
    if (made && ::fchown(out.child[i], plan.stream_uid, plan.stream_gid) < 0 && errno != EPERM &&
        errno != EINVAL)
      return -errno;
  }
  return 0;
}

[[noreturn]] void tell_and_exit(int status, Failure failure) {
  sandbox::send_message(status, &failure, sizeof failure, -1);
  ::_exit(1);
}

/// Failing before the first step.
[[noreturn]] void fail_start(const Launch& l, int errnum) {
  tell_and_exit(l.status, {sandbox::no_step(l.plan), errnum});
}

/// In the new process: what every process gets before its steps.
[[noreturn]] void begin(Launch& l, const Streams& streams, int root) {
  // This process's copy of the monitor's end, which would hide that the monitor has died.
  ::close(l.process);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::setsid();
  // Above 2 first: a stream's descriptor may be in the way of another.
  int high[3];
  for (int i = 0; i < 3; ++i) high[i] = ::fcntl(streams.child[i], F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; ++i)
    if (::dup2(high[i], i) < 0) fail_start(l, errno);
  if (root >= 0) l.slots[sandbox::root_slot] = root;
  tell_and_exit(l.status, sandbox::execute_inside(l));
}

long clone_process(std::uint64_t flags, int cgroup) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD;
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  return sys::clone3(args);
}

bool same_user_namespace(int pidfd_process) {
  struct stat own, other;
  char path[64] = "/proc/";
  std::size_t n = 6 + format(path + 6, pidfd_process);
  std::memcpy(path + n, "/ns/user", 9);
  return ::stat("/proc/self/ns/user", &own) == 0 && ::stat(path, &other) == 0 &&
         own.st_ino == other.st_ino;
}

/// In a process between: joins the namespaces, makes the process that lives in them as a child of
/// the monitor, tells its id and ends. A pid namespace is joined by children only (setns(2)).
[[noreturn]] void join_and_begin(Launch& l, const Streams& streams, std::uint64_t flags) {
  // No process of the container may look into this one while it holds our descriptors (SEC-20).
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (long r = sys::raw(SYS_setns, streams.join, flags); r < 0) fail_start(l, static_cast<int>(-r));
  long pid = clone_process(CLONE_PARENT, -1);
  if (pid < 0) fail_start(l, static_cast<int>(-pid));
  if (pid == 0) {
    int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) fail_start(l, errno);
    begin(l, streams, root);
  }
  JoinAnswer answer;
  answer.pid = pid;
  sandbox::send_message(l.status, &answer, sizeof answer, -1);
  ::_exit(0);
}

long start_joining(Launch& l, const Streams& streams, int socket, int join_pid, Failure& failure) {
  std::uint64_t flags = l.plan.header->join_flags;
  if (same_user_namespace(join_pid)) flags &= ~std::uint64_t{CLONE_NEWUSER};
  long between = clone_process(0, -1);
  if (between < 0) return between;
  if (between == 0) join_and_begin(l, streams, flags);
  JoinAnswer answer;
  ssize_t got = ::recv(socket, &answer, sizeof answer, 0);
  ::waitpid(static_cast<pid_t>(between), nullptr, 0);
  if (got == sizeof answer) return answer.pid;
  if (got != sizeof failure) return -ECHILD;
  failure = std::bit_cast<Failure>(answer.pid);
  return -failure.errnum;
}

int pid_of(int pidfd) {
  char path[64] = "/proc/self/fdinfo/";
  path[18 + format(path + 18, pidfd)] = '\0';
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char text[512] = {};
  ssize_t got = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  const char* line = got > 0 ? std::strstr(text, "\nPid:") : nullptr;
  return line ? std::atoi(line + 5) : -1;
}

/// A detached container gets a monitor of its own: a copy of this one that has nothing else.
/// True in the copy.
bool fork_monitor(Monitor& m) {
  long pid = clone_process(CLONE_PARENT, -1);
  if (pid != 0) return false;
  // The epoll instance is shared with the original, whose watching must go on.
  ::close(m.epoll);
  m.epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (Source* s : {&m.control, &m.host}) {
    if (s->fd >= 0) ::close(s->fd);
    s->fd = -1;
  }
  for (Running* r = m.first; r; r = r->next) {
    for (int fd : {r->channel, r->start.fd, r->end.fd, r->output[0].fd, r->output[1].fd, r->log,
                   r->state, r->life, r->terminal})
      if (fd >= 0) ::close(fd);
    for (int i = 0; i < r->hold_count; ++i) ::close(r->holds[i]);
  }
  m.first = nullptr;
  m.host_gone = true;
  return true;
}

void add_list(Texts& texts, std::string_view list) {
  while (!list.empty()) {
    std::size_t end = list.find('\0');
    texts.add(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
}

/// recvmsg(2) that goes on after ECONNRESET. That comes once, before what was sent, when the
/// process has ended without hearing the last release.
ssize_t receive(int socket, msghdr& message, int flags) {
  ssize_t got;
  do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  return got;
}

/// Replaces `failure` by the process's own, if it has told one.
void hear_failure(int socket, Failure& failure) {
  Failure own;
  iovec part{&own, sizeof own};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (receive(socket, message, MSG_DONTWAIT) == sizeof own) failure = own;
}

/// Those that the first `executed` steps have made.
void remember_cgroups(Running& r, const sandbox::PlanView& plan, std::uint32_t executed) {
  for (std::uint32_t i = 0; i < executed && i < plan.header->before + plan.header->after; ++i)
    if (plan.steps[i].op == sandbox::Op::make_cgroup)
      r.cgroups.add(plan.str(plan.steps[i].make_cgroup.path));
}

/// Those of the container that an exec'd process joins.
void remember_joined(Running& r, const sandbox::PlanView& plan) {
  constexpr std::string_view file = "/cgroup.procs";
  for (std::uint32_t i = 0; i < plan.header->after; ++i) {
    const sandbox::Step& step = plan.after()[i];
    if (step.op != sandbox::Op::join_cgroup) continue;
    std::string_view path(plan.str(step.join_cgroup.path), step.join_cgroup.path.size);
    if (path.ends_with(file)) r.joined.add(path.substr(0, path.size() - file.size()));
  }
  r.oom_kills_before = oom_kills(r);
}

Running* read_request(const LaunchHead& head, Reader& reader) {
  auto* r = static_cast<Running*>(std::calloc(1, sizeof(Running)));
  if (!r) return nullptr;
  *r = Running{};
  r->id.add(reader.text());
  r->log_file.add(reader.text());
  r->state_file.add(reader.text());
  r->life_file.add(reader.text());
  add_list(r->remove_after, reader.text());
  add_list(r->remove_on_host_death, reader.text());
  r->attached = !(head.flags & launch_detached);
  r->keeps_terminal = head.flags & launch_keeps_terminal;
  return r;
}

/// How many descriptors a request has at least.
int wanted(const LaunchHead& head) {
  int out = 1 + (head.flags & launch_joins ? 1 : 0);
  for (StdioKind kind : head.stdio) out += kind == StdioKind::fd || kind == StdioKind::given_fd;
  return out;
}

/// Those that became a stream are among the request's own.
void close_all(const LaunchHead& head, const Streams& streams, const int* fds, int count) {
  for (int i = 1; i < count; ++i) ::close(fds[i]);
  for (int i = 0; i < 3; ++i)
    if (streams.child[i] >= 0 &&
        (head.stdio[i] == StdioKind::null || head.stdio[i] == StdioKind::log))
      ::close(streams.child[i]);
  for (int fd : streams.log)
    if (fd >= 0) ::close(fd);
}

/// Index for a failure that belongs to no step of a plan.
constexpr std::uint32_t no_step = ~0u;

}  // namespace

void launch(Monitor& m, const LaunchHead& head, Reader& reader, int* fds, int count) {
  if (head.flags & launch_detached) {
    // Here the copy goes on and this monitor forgets the request.
    if (!fork_monitor(m)) {
      for (int i = 0; i < count; ++i) ::close(fds[i]);
      return;
    }
  }
  Running* r = read_request(head, reader);
  if (!r) ::_exit(1);
  r->next = m.first;
  m.first = r;
  r->channel = fds[0];

  Streams streams;
  sandbox::PlanView view;
  if (count < wanted(head) || !sandbox::valid(reader.data(), reader.left(), view)) {
    close_all(head, streams, fds, count);
    return report_failure(m, *r, no_step, EINVAL);
  }
  Launch l(view);
  int used = 1;
  if (int e = make_streams(head, *view.header, fds, used, streams); e < 0) {
    close_all(head, streams, fds, count);
    return report_failure(m, *r, no_step, -e);
  }
  if (head.flags & launch_joins) {
    streams.join = fds[used++];
    remember_joined(*r, view);
  }
  while (used < count) r->holds[r->hold_count++] = fds[used++];

  Failure failure{sandbox::no_step(view), open_files(*r)};
  if (!failure.errnum) failure = execute_before(l);
  int pair[2] = {-1, -1};
  if (!failure.errnum && ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    failure = {sandbox::no_step(view), errno};
  long pid = -1;
  if (!failure.errnum) {
    l.status = pair[1];
    l.process = pair[0];
    if (head.flags & launch_joins) {
      pid = start_joining(l, streams, pair[0], pid_of(streams.join), failure);
    } else {
      const bool in_cgroup = view.header->cgroup.size > 0;
      const int cgroup =
          in_cgroup ? ::open(view.str(view.header->cgroup), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
      pid = in_cgroup && cgroup < 0 ? -errno : clone_process(view.header->clone_flags, cgroup);
      if (pid == 0) begin(l, streams, -1);
      if (cgroup >= 0) ::close(cgroup);
    }
    if (pid < 0 && !failure.errnum) failure = {sandbox::no_step(view), static_cast<int>(-pid)};
  }
  if (pair[1] >= 0) ::close(pair[1]);
  if (pid > 0) {
    r->pid = static_cast<pid_t>(pid);
    failure = execute_after(l, r->pid);
  }
  remember_cgroups(*r, view, failure.errnum ? failure.step : sandbox::no_step(view));
  for (int fd : streams.child)
    if (fd >= 0) ::close(fd);
  if (streams.join >= 0) ::close(streams.join);
  for (int slot : l.slots)
    if (slot >= 0) ::close(slot);

  for (int i = 0; i < 2; ++i)
    if (streams.log[i] >= 0) {
      r->output[i].stream = i + 1;
      const int e = watch(m, r->output[i], Source::Kind::output, r, streams.log[i]);
      if (e && !failure.errnum) failure = {no_step, e};
    }
  if (failure.errnum) {
    // What the process says it has failed at comes first: ours may fail for want of the process.
    if (pair[0] >= 0) hear_failure(pair[0], failure);
    if (pair[0] >= 0) ::close(pair[0]);  // a waiting process sees the end of file and ends
    return report_failure(m, *r, failure.step, failure.errnum);
  }
  const int watched =
      watch(m, r->end, Source::Kind::end, r, static_cast<int>(sys::pidfd_open(r->pid)));
  // After a failure, too: it is closed with the rest.
  const int heard = watch(m, r->start, Source::Kind::start, r, pair[0]);
  if (watched || heard) return report_failure(m, *r, no_step, watched ? watched : heard);
  sandbox::release(l);  // what goes wrong here is told by the socket
}

void on_start_event(Monitor& m, Running& r) {
  Failure failure;
  iovec part{&failure, sizeof failure};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = receive(r.start.fd, message, 0);
  if (got == 1) {
    if (cmsghdr* header = CMSG_FIRSTHDR(&message))
      std::memcpy(&r.terminal, CMSG_DATA(header), sizeof r.terminal);
    return;
  }
  if (got == sizeof failure) return report_failure(m, r, failure.step, failure.errnum);

  // The end of file: execve has closed the socket, or the process was killed on its way there.
  // Which of the two, the host sees by what comes next.
  unwatch(m, r.start);
  r.started = true;
  if (int e = tell_that_it_runs(r)) return report_failure(m, r, no_step, e);
  Event event;
  event.type = EventType::started;
  event.pid = r.pid;
  int fds[2] = {r.end.fd, r.terminal};
  const bool sends_terminal = r.terminal >= 0 && !r.keeps_terminal;
  send_event(r.channel, event, fds, sends_terminal ? 2 : 1);
  if (r.keeps_terminal && r.terminal >= 0) {
    // Without a slave that is open the master reads EIO, though one may be opened again.
    const int slave = ::ioctl(r.terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave >= 0 && r.hold_count < descriptor_limit) r.holds[r.hold_count++] = slave;
    r.output[0].stream = 1;
    watch(m, r.output[0], Source::Kind::output, &r, r.terminal);
  } else if (r.terminal >= 0) {
    ::close(r.terminal);
  }
  r.terminal = -1;
}

}  // namespace containerlib::monitor
