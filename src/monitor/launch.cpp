#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>

#include "linux/syscalls.hpp"
#include "monitor/running.hpp"
#include "sandbox/execute/outside.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::monitor {
namespace {

using sandbox::Failure;
using sandbox::Launch;
using sandbox::no_step;
using sandbox::Streams;

/// The next descriptor of the request; -1: it has not so many.
int take(Running& r, int& used) { return used < r.hold_count ? r.holds[used++] : -1; }

/// Closes those that only the new process needs: the first of the request.
void close_taken(Running& r, int used) {
  for (int i = 0; i < used; ++i) {
    ::close(r.holds[i]);
    r.holds[i] = -1;
  }
}

/// Those of the streams that were made for the new process.
using Made = Fd[3];

int make_log_pipe(Running& r, int stream, Made& made) {
  if (stream == 0) return -EINVAL;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return -errno;
  r.output[stream - 1].stream = stream;
  r.output[stream - 1].fd = ends[0];
  made[stream].reset(ends[1]);
  return 0;
}

int make_stream(Running& r, StdioKind kind, int i, int& used, Made& made, Streams& out) {
  switch (kind) {
    case StdioKind::fd:
    case StdioKind::given_fd: out.child[i] = take(r, used); return out.child[i] < 0 ? -EBADF : 0;
    case StdioKind::log:
      if (int e = make_log_pipe(r, i, made); e < 0) return e;
      break;
    case StdioKind::null: made[i].reset(::open("/dev/null", O_RDWR | O_CLOEXEC)); break;
  }
  out.child[i] = made[i].get();
  return out.child[i] < 0 ? -errno : 0;
}

int make_streams(Running& r, const LaunchHead& head, const sandbox::PlanHeader& plan, int& used,
                 Made& made, Streams& out) {
  for (int i = 0; i < 3; ++i) {
    const StdioKind kind = head.stdio[i];
    if (int e = make_stream(r, kind, i, used, made, out); e < 0) return e;
    // So that a user of the container can open /dev/stdout again.
    const bool owned = kind == StdioKind::log || kind == StdioKind::given_fd;
    if (owned && ::fchown(out.child[i], plan.stream_uid, plan.stream_gid) < 0 && errno != EPERM &&
        errno != EINVAL)
      return -errno;
  }
  if (head.flags & launch_joins && (out.join = take(r, used)) < 0) return -EBADF;
  if (r.restoring && (out.passed = take(r, used)) < 0) return -EBADF;
  return 0;
}

/// Groups that steps from `from` up to `to` have made: to be removed again.
void remember_cgroups(Running& r, const sandbox::PlanView& plan, std::uint32_t from,
                      std::uint32_t to) {
  for (std::uint32_t i = from; i < to; ++i)
    if (plan.steps[i].op == sandbox::Op::make_cgroup)
      r.cgroups.add(plan.str(plan.steps[i].make_cgroup.path));
}

/// The group of a step with which an exec'd process joins it; empty: another step.
std::string_view joined_by(const sandbox::PlanView& plan, const sandbox::Step& step) {
  sandbox::Text file;
  if (step.op == sandbox::Op::join_cgroup) file = step.join_cgroup.path;
  if (step.op == sandbox::Op::enter_cgroup) file = step.enter_cgroup.tasks;
  std::string_view path(plan.str(file), file.size);
  return path.substr(0, file.size ? path.rfind('/') : 0);
}

/// Groups of the container that an exec'd process joins.
void remember_joined(Running& r, const sandbox::PlanView& plan) {
  for (std::uint32_t i = 0; i < plan.header->after; ++i)
    if (const auto group = joined_by(plan, plan.after()[i]); !group.empty()) r.joined.add(group);
  r.oom_kills_before = oom_kills(r);
}

Failure before(Running& r, Launch& l) {
  Failure failure = execute_before(l);
  remember_cgroups(r, l.plan, 0, failure.errnum ? failure.step : l.plan.header->before);
  return failure;
}

Failure after(Running& r, Launch& l) {
  Failure failure = execute_after(l, r.pid);
  const std::uint32_t before = l.plan.header->before;
  remember_cgroups(r, l.plan, before,
                   failure.errnum ? failure.step : before + l.plan.header->after);
  return failure;
}

int watch_process(Monitor& m, Running& r, Fd socket) {
  if (int e = watch(m, r.start, Source::Kind::start, &r, socket.release())) return e;
  long handle = sys::pidfd_open(r.pid);
  if (handle < 0) return static_cast<int>(-handle);
  if (int e = watch(m, r.end, Source::Kind::end, &r, static_cast<int>(handle))) return e;
  for (Source& s : r.output)
    if (s.fd >= 0)
      if (int e = watch(m, s, Source::Kind::output, &r, s.fd)) return e;
  return 0;
}

struct ClosesSlots {
  Launch& l;
  ~ClosesSlots() { sandbox::close_all(l); }
};

/// Up to where the new process goes on alone; what goes wrong then is told by its socket.
Failure start(Monitor& m, Running& r, const LaunchHead& head, const sandbox::PlanView& plan) {
  Made made;
  Streams streams;
  int used = 0;
  if (int e = make_streams(r, head, *plan.header, used, made, streams); e < 0) return {no_step, -e};
  if (head.flags & launch_joins) remember_joined(r, plan);
  if (int e = open_files(r)) return {no_step, e};
  Launch l(plan);
  if (m.files_raised) l.files = &m.files;
  l.preserved = r.restoring ? 1 : 0;
  const ClosesSlots closer{l};
  if (Failure failure = before(r, l); failure.errnum) return failure;

  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return {no_step, errno};
  Fd ours(pair[0]), theirs(pair[1]);
  l.process = ours.get();
  l.status = theirs.get();
  Failure failure{no_step, 0};
  const long pid = sandbox::spawn(l, streams, failure);
  // From here on the end of file means that the process is gone.
  theirs.reset();
  if (pid < 0) return {failure.step, static_cast<int>(-pid)};
  r.pid = static_cast<pid_t>(pid);
  close_taken(r, used);
  failure = after(r, l);
  if (failure.errnum) return said_failure(ours.get(), failure);
  if (int e = watch_process(m, r, std::move(ours))) return {no_step, e};
  sandbox::release(l, r.pid);
  return {};
}

/// A detached container gets a monitor of its own: a copy of this one that has nothing else.
/// 0 in the copy; -errno.
long fork_monitor(Monitor& m) {
  long pid = sandbox::clone_process(CLONE_PARENT, -1);
  if (pid != 0) return pid;
  // The epoll instance is shared with the original, whose watching must go on.
  ::close(m.epoll);
  m.epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (Source* s : {&m.control, &m.host}) close_source(*s);
  for (Running* r = m.first; r; r = r->next) close_all(*r);
  m.first = nullptr;
  m.host_gone = true;
  return 0;
}

}  // namespace

void launch(Monitor& m, const LaunchHead& head, Reader& reader, int* fds, int count) {
  if (head.flags & launch_detached) {
    long pid = fork_monitor(m);
    if (pid < 0) return refuse(RequestType::launch, fds, count, static_cast<int>(-pid));
    // Here the copy goes on and this monitor forgets the request.
    if (pid > 0) {
      for (int i = 0; i < count; ++i) ::close(fds[i]);
      return;
    }
  }
  Running& r = add_running(m, fds, count);
  read_request(r, head, reader);
  sandbox::PlanView plan;
  Failure failure{no_step, EINVAL};
  if (sandbox::valid(reader.data(), reader.left(), plan)) failure = start(m, r, head, plan);
  if (failure.errnum) report_failure(m, r, failure.step, failure.errnum);
}

}  // namespace containerlib::monitor
