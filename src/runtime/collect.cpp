#include "runtime/collect.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <csignal>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "runtime/deadline.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::size_t terminal_size = 64 << 10;  // more than a terminal holds

/// How long a process may take to die of SIGKILL. One in a frozen cgroup never does.
constexpr Milliseconds killing_time = std::chrono::seconds(10);

/// False: nothing more will come. Reads once, so a stream that never pauses cannot starve the rest.
bool read_some(const Fd& fd, std::string& to) {
  char buffer[64 << 10];
  const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
  if (n > 0) {
    to.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (n < 0 && errno != EIO) throw_errno(errno, "read output");
  return false;
}

/// What is there without waiting, and no more than was there at the end: a process that was left
/// behind may go on writing.
void drain(const Fd& fd, std::string& to) {
  if (!fd) return;
  const int pipe = ::fcntl(fd.get(), F_GETPIPE_SZ);
  const std::size_t most = to.size() + (pipe > 0 ? static_cast<std::size_t>(pipe) : terminal_size);
  pollfd poll{fd.get(), POLLIN, 0};
  while (to.size() < most && ::poll(&poll, 1, 0) > 0 && read_some(fd, to)) {
  }
}

Collected read_to_end(monitor::Session& session, Fd out, Fd err, Milliseconds timeout,
                      StopCheck stop) {
  Collected result;
  Deadline deadline(timeout.count() > 0 ? timeout : Milliseconds(-1));
  for (bool ended = false; !ended;) {
    stop.check();
    pollfd polls[] = {{session.wait_handle(), POLLIN, 0},
                      {out.get(), POLLIN, 0},  // poll(2) leaves out negative descriptors
                      {err.get(), POLLIN, 0}};
    const int n = ::poll(polls, 3, Deadline(stop.slice(deadline.left())).poll_timeout());
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for output");
    if (n > 0) {
      if (polls[1].revents && !read_some(out, result.out)) out.reset();
      if (polls[2].revents && !read_some(err, result.err)) err.reset();
      ended = polls[0].revents != 0;
    }
    if (!ended && deadline.passed()) {
      sys::pidfd_send_signal(session.pidfd.get(), SIGKILL);
      result.timed_out = true;
      deadline = Deadline(Milliseconds(-1));
    }
  }
  result.exit = *session.wait(Milliseconds(-1));
  drain(out, result.out);
  drain(err, result.err);
  return result;
}

/// Nobody will wait for it any more.
void end(monitor::Session& session) noexcept {
  sys::pidfd_send_signal(session.pidfd.get(), SIGKILL);
  try {
    if (session.wait(killing_time)) session.wait_cleaned(Milliseconds(-1));
  } catch (const std::exception&) {  // the monitor is gone, and its processes with it
  }
}

}  // namespace

Collected collect(monitor::Session& session, Fd out, Fd err, Milliseconds timeout,
                  StopCheck stop) try {
  return read_to_end(session, std::move(out), std::move(err), timeout, std::move(stop));
} catch (...) {
  end(session);
  throw;
}

}  // namespace containerlib::runtime
