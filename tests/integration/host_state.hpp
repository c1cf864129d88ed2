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
  std::string session;     ///< with the process group, and whose child it is
  std::string attributes;  ///< subreaper, dumpable and the like (prctl(2)), personality, priority
  std::string namespaces;
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

/// What belongs to the calling thread, as text: signal mask, timer slack, name, …
std::string thread_state();

}  // namespace tests
