#pragma once
#include <containerlib/fd.hpp>

#include <cstdint>
#include <string>

#include "linux/cgroup.hpp"

namespace containerlib::sys {

/// Tells when the kernel kills in a container's groups for want of memory.
class OomWatch {
 public:
  /// Throws unsupported when no group counts memory, or the error of opening its files.
  explicit OomWatch(const CgroupDirs&);

  /// poll(2) this for events().
  int fd() const { return fd_.get(); }
  short events() const;
  /// After poll(2), or at any time: how many kills there were since the last call. Once the group
  /// is gone it is always 0 (see is_gone()).
  std::uint64_t take();
  bool is_gone() const;

 private:
  std::uint64_t kills() const;
  std::string counter_;  ///< the file that counts
  bool v2_ = false;
  Fd control_, fd_;
  std::uint64_t seen_ = 0;
};

}  // namespace containerlib::sys
