#include "runtime/stop_check.hpp"

#include <cerrno>

#include "base/error.hpp"
#include "runtime/engine.hpp"

namespace containerlib::runtime {
namespace {

constexpr Milliseconds interval(100);

}  // namespace

StopCheck::StopCheck(const Engine& engine, const char* operation, std::string subject,
                     std::stop_token stop)
    : on_wait_(engine.on_wait()),
      operation_(operation),
      subject_(std::move(subject)),
      stop_(std::move(stop)),
      next_(Clock::now() + interval) {}

void StopCheck::check() {
  if (stop_.stop_requested()) throw_errno(ECANCELED, operation_, subject_);
  if (Clock::now() < next_) return;
  if (on_wait_) on_wait_();
  next_ = Clock::now() + interval;
}

Milliseconds StopCheck::slice(Milliseconds left) const {
  if (!on_wait_ && !stop_.stop_possible()) return left;
  const auto slice =
      std::clamp(std::chrono::ceil<Milliseconds>(next_ - Clock::now()), Milliseconds(0), interval);
  return left.count() < 0 ? slice : std::min(left, slice);
}

}  // namespace containerlib::runtime
