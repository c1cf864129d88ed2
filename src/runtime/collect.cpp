#include "runtime/collect.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/error.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::runtime {
namespace {

using Clock = std::chrono::steady_clock;

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

/// What is there without waiting.
void drain(const Fd& fd, std::string& to) {
  pollfd poll{fd.get(), POLLIN, 0};
  while (fd && ::poll(&poll, 1, 0) > 0 && read_some(fd, to)) {
  }
}

class Deadline {
 public:
  explicit Deadline(Milliseconds timeout)
      : set_(timeout.count() > 0), at_(Clock::now() + timeout) {}
  /// Rounded up; negative without one.
  Milliseconds left() const {
    if (!set_) return Milliseconds(-1);
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(at_ - Clock::now()));
  }
  bool passed() const { return set_ && Clock::now() >= at_; }
  void clear() { set_ = false; }

 private:
  bool set_;
  Clock::time_point at_;
};

/// For poll(2), which takes an int.
int poll_time(Milliseconds time) {
  return static_cast<int>(std::min<std::int64_t>(time.count(), 1'000'000));
}

Collected read_to_end(monitor::Session& session, Fd out, Fd err, Milliseconds timeout,
                      StopCheck stop) {
  Collected result;
  Deadline deadline(timeout);
  for (bool ended = false; !ended;) {
    stop.check();
    pollfd polls[] = {{session.wait_handle(), POLLIN, 0},
                      {out.get(), POLLIN, 0},  // poll(2) leaves out negative descriptors
                      {err.get(), POLLIN, 0}};
    const int n = ::poll(polls, 3, poll_time(stop.slice(deadline.left())));
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for output");
    if (n > 0) {
      if (polls[1].revents && !read_some(out, result.out)) out.reset();
      if (polls[2].revents && !read_some(err, result.err)) err.reset();
      ended = polls[0].revents != 0;
    }
    if (!ended && deadline.passed()) {
      sys::pidfd_send_signal(session.pidfd.get(), SIGKILL);
      result.timed_out = true;
      deadline.clear();
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
