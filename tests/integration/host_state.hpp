#pragma once
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace tests {

/// What a library must not change in the process it lives in.
struct HostState {
  std::string cwd, umask, user_ids;
  std::vector<std::string> environment;
  std::vector<std::string> signal_actions;  ///< of each signal: handler, flags, mask
  std::vector<rlim_t> limits;
  int threads = 0;

  static HostState now();
  /// What differs, in words; empty: nothing.
  std::string differences(const HostState& later) const;
};

/// Descriptors of this process that a program it executes would inherit.
std::map<int, std::string> inheritable_descriptors();

/// The calling thread's signal mask, as text.
std::string signal_mask();

}  // namespace tests
