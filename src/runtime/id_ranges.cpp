#include "runtime/id_ranges.hpp"

namespace containerlib::runtime {

IdRange::IdRange(IdRange&& other) noexcept
    : from_(std::exchange(other.from_, nullptr)), lease_(std::move(other.lease_)) {}

IdRange& IdRange::operator=(IdRange&& other) noexcept {
  give_back();
  from_ = std::exchange(other.from_, nullptr);
  lease_ = std::move(other.lease_);
  return *this;
}

void IdRange::hand_over() noexcept {
  from_ = nullptr;
  lease_.lock.reset();
}

void IdRange::give_back() noexcept {
  IdRanges* const to = std::exchange(from_, nullptr);
  if (!to) return;
  const std::lock_guard lock(to->mutex_);
  if (to->free_.size() < kept_ranges) {
    to->free_.push_back(std::move(lease_));  // that many were reserved by take()
  } else {
    lease_.lock.reset();
  }
}

IdRange IdRanges::take() {
  {
    const std::lock_guard lock(mutex_);
    free_.reserve(kept_ranges);
    if (!free_.empty()) {
      sys::IdRangeLease lease = std::move(free_.back());
      free_.pop_back();
      return {*this, std::move(lease)};
    }
  }
  return {*this, sys::acquire_id_range()};
}

IdRange IdRanges::take(std::uint32_t first) {
  {
    const std::lock_guard lock(mutex_);
    free_.reserve(kept_ranges);
    for (auto kept = free_.begin(); kept != free_.end(); ++kept) {
      if (kept->first != first) continue;
      sys::IdRangeLease lease = std::move(*kept);
      free_.erase(kept);
      return {*this, std::move(lease)};
    }
  }
  return {*this, sys::acquire_id_range_at(first)};
}

}  // namespace containerlib::runtime
