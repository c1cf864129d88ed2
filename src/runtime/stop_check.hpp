#pragma once
#include <containerlib/options.hpp>

#include "runtime/deadline.hpp"

namespace containerlib::runtime {

class Engine;

/// Whether a call that waits for a workload shall go on. It is asked, not told: so a host's own
/// code runs on the thread that waits, and nothing has to wake it. One thread at a time.
class StopCheck {
 public:
  using Clock = std::chrono::steady_clock;

  StopCheck(const Engine&, const char* operation, std::string subject, std::stop_token = {});
  /// Throws operation_canceled once a stop was requested, and what RuntimeOptions::on_wait throws.
  void check();
  /// How long to wait before the next check(), of a time that is left (negative: for ever).
  Milliseconds slice(Milliseconds left) const;

 private:
  const std::function<void()>& on_wait_;
  const char* operation_;
  std::string subject_;
  std::stop_token stop_;
  Clock::time_point next_;
};

/// Waits with `wait(slice)` until that returns something or `timeout` (negative: for ever) is over.
template <class Wait>
auto wait_checked(StopCheck stop, Milliseconds timeout, Wait wait) {
  const Deadline deadline(timeout);
  for (;;) {
    stop.check();
    const Milliseconds left = deadline.left();
    const Milliseconds slice = stop.slice(left);
    auto result = wait(slice);
    if (result || slice == left) return result;
  }
}

}  // namespace containerlib::runtime
