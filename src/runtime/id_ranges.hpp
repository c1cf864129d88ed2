#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "linux/subids.hpp"

namespace containerlib::runtime {

class IdRanges;

/// How many unused ranges a process keeps.
inline constexpr std::size_t kept_ranges = 16;

/// A container's range of host ids (as root), given back with the object. Movable; one thread.
class IdRange {
 public:
  IdRange() = default;
  IdRange(IdRanges& from, sys::IdRangeLease lease) : from_(&from), lease_(std::move(lease)) {}
  IdRange(IdRange&& other) noexcept;
  IdRange& operator=(IdRange&& other) noexcept;
  ~IdRange() { give_back(); }
  explicit operator bool() const noexcept { return from_ != nullptr; }
  std::uint32_t first() const noexcept { return lease_.first; }
  std::uint32_t count() const noexcept { return lease_.count; }
  int lock() const noexcept { return lease_.lock.get(); }
  /// The monitor has it now, for as long as the container lives.
  void hand_over() noexcept;
  void give_back() noexcept;

 private:
  IdRanges* from_ = nullptr;
  sys::IdRangeLease lease_;
};

/// Ranges this process has leased and may use again: a lease costs some system calls. Any thread.
class IdRanges {
 public:
  IdRange take();
  /// The range that begins with this id. Throws in_use when another container or process has it.
  IdRange take(std::uint32_t first);

 private:
  friend class IdRange;
  std::mutex mutex_;
  std::vector<sys::IdRangeLease> free_;
};

}  // namespace containerlib::runtime
