#pragma once
#include <containerlib/options.hpp>

#include <algorithm>
#include <chrono>

namespace containerlib::runtime {

/// The end of a time that was given for several waits together. A value.
class Deadline {
 public:
  /// Negative: never, and so is what a clock could not add up.
  explicit Deadline(Milliseconds timeout)
      : set_(timeout.count() >= 0 && timeout < std::chrono::years(100)),
        at_(set_ ? Clock::now() + timeout : Clock::time_point()) {}
  bool passed() const { return set_ && Clock::now() >= at_; }
  /// Rounded up, so that it has passed when so long has been waited; negative: for ever.
  Milliseconds left() const {
    if (!set_) return Milliseconds(-1);
    return std::max(std::chrono::ceil<Milliseconds>(at_ - Clock::now()), Milliseconds(0));
  }
  /// The same for poll(2).
  int poll_timeout() const {
    return static_cast<int>(std::min<std::int64_t>(left().count(), 1'000'000));
  }
  /// The earlier, and the later, of this and `timeout` from now.
  Deadline at_most(Milliseconds timeout) const {
    return Deadline(set_ ? std::min(left(), timeout) : timeout);
  }
  Deadline at_least(Milliseconds timeout) const {
    return set_ ? Deadline(std::max(left(), timeout)) : *this;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool set_;
  Clock::time_point at_;
};

}  // namespace containerlib::runtime
