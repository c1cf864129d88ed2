#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/error.hpp"
#include "monitor/client.hpp"
#include "monitor/message.hpp"

namespace containerlib::monitor {
namespace {

using Clock = std::chrono::steady_clock;

/// Until the descriptor is readable; false at the deadline.
bool poll_until(int fd, Clock::time_point deadline) {
  for (;;) {
    int wait = -1;
    if (deadline != Clock::time_point::max()) {
      auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
      wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
    }
    pollfd p{fd, POLLIN, 0};
    int n = ::poll(&p, 1, wait);
    if (n > 0) return true;
    if (n == 0 && wait >= 0 && Clock::now() >= deadline) return false;
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for process");
  }
}

ExitRecord record_of(const Event& e) {
  return {e.signaled != 0, e.code, e.oom_killed != 0, e.finished_ns};
}

}  // namespace

std::optional<ExitRecord> Session::wait(Milliseconds timeout) {
  auto deadline = timeout.count() < 0 ? Clock::time_point::max() : Clock::now() + timeout;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (!exit_ && !lost_) {
        // Several threads may wait: whoever comes first reads, the others find exit_.
        Event event;
        // It stays in the queue, so that wait_handle() stays readable.
        ssize_t got = ::recv(channel_.get(), &event, sizeof event, MSG_DONTWAIT | MSG_PEEK);
        if (got == sizeof event && event.type == EventType::ended) exit_ = record_of(event);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) lost_ = true;
      }
      if (exit_) return exit_;
      if (lost_) throw_error(Errc::monitor_lost, "wait for process", std::to_string(pid));
    }
    if (!poll_until(channel_.get(), deadline)) return std::nullopt;
  }
}

void Session::wait_cleaned() {
  std::lock_guard lock(mutex_);
  // To the end of file, which follows the last event: from then on wait_handle() stays readable.
  for (Event event; !lost_;) {
    ssize_t got = ::recv(channel_.get(), &event, sizeof event, 0);
    if (got < 0 && errno == EINTR) continue;
    lost_ = got <= 0;
    if (got == sizeof event && event.type == EventType::ended) exit_ = record_of(event);
  }
}

}  // namespace containerlib::monitor
