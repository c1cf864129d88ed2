#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/error.hpp"
#include "monitor/client.hpp"
#include "monitor/message.hpp"

namespace containerlib::monitor {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point deadline_of(Milliseconds timeout) {
  return timeout.count() < 0 ? Clock::time_point::max() : Clock::now() + timeout;
}

/// Until one of the events has happened; false at the deadline.
bool poll_until(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    int wait = -1;
    if (deadline != Clock::time_point::max()) {
      auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
      wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
    }
    pollfd p{fd, events, 0};
    int n = ::poll(&p, 1, wait);
    if (n > 0) return true;
    if (n == 0 && wait >= 0 && Clock::now() >= deadline) return false;
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for process");
  }
}

}  // namespace

std::optional<ExitRecord> Session::wait(Milliseconds timeout) {
  const auto deadline = deadline_of(timeout);
  for (;;) {
    if (!poll_until(channel_.get(), POLLIN, deadline)) return std::nullopt;
    Event e;
    ssize_t got = ::recv(channel_.get(), &e, sizeof e, MSG_DONTWAIT | MSG_PEEK);
    if (got == sizeof e && e.type == EventType::ended)
      return ExitRecord{e.signaled != 0, e.code, e.oom_killed != 0, e.finished_ns};
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
      throw_error(Errc::monitor_lost, "wait for process", std::to_string(pid));
  }
}

bool Session::wait_cleaned(Milliseconds timeout) {
  return poll_until(channel_.get(), POLLRDHUP, deadline_of(timeout));
}

}  // namespace containerlib::monitor
