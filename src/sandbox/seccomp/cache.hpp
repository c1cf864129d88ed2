#pragma once
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "sandbox/seccomp/compile.hpp"

namespace containerlib::sandbox {

/// The filters one Runtime has needed, each compiled once. Any member from any thread.
class SeccompCache {
 public:
  /// The filter for a request; the default one is never compiled. Errors: as compile_seccomp().
  std::vector<std::uint8_t> program(const SeccompRequest&);

 private:
  std::mutex mutex_;
  std::vector<std::pair<SeccompRequest, std::vector<std::uint8_t>>> programs_;
};

}  // namespace containerlib::sandbox
