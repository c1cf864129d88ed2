#pragma once
#include <containerlib/options.hpp>

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archive.hpp"
#include "linux/host_facts.hpp"
#include "monitor/client.hpp"
#include "oci/runtime_spec.hpp"
#include "runtime/id_ranges.hpp"
#include "runtime/state_file.hpp"
#include "sandbox/seccomp/cache.hpp"
#include "store/store.hpp"

namespace containerlib::runtime {

struct Definition;

/// What all handles of one Runtime share: the store, what was probed of the host, the monitor. Any
/// member from any thread.
class Engine {
 public:
  explicit Engine(RuntimeOptions);
  Engine(const Engine&) = delete;
  ~Engine();

  /// Throws used_after_fork in a child of the process that made it.
  void check_process(const char* operation) const;
  bool in_own_process() const noexcept;

  const sys::HostFacts& facts() const noexcept { return facts_; }
  const std::string& root() const { return store_->root(); }
  const std::string& run_root() const noexcept { return run_root_; }
  store::Store& store() const noexcept { return *store_; }
  const StateDir& states() const noexcept { return *states_; }
  IdRanges& id_ranges() noexcept { return id_ranges_; }
  /// How archives are unpacked here.
  archive::Host archive_host() noexcept;
  /// The monitor's connection; made with the first call.
  std::shared_ptr<monitor::Client> client();
  /// The filter of the spec's profile, else the one that the definition asks for; empty for none.
  /// An agent that listens is told status and pid; 0: that of the process.
  oci::Seccomp seccomp(const Definition&, const oci::RuntimeSpec&, const char* status,
                       std::int32_t pid);
  /// Tells the host; never throws. What is not printable is escaped, so anything may be in a line.
  void log(LogLevel, std::string_view line) const noexcept;
  /// See RuntimeOptions; may be empty.
  const std::function<void()>& on_wait() const noexcept { return on_wait_; }

 private:
  class Owners;

  pid_t process_;
  decltype(RuntimeOptions::on_log) on_log_;
  decltype(RuntimeOptions::on_wait) on_wait_;
  std::string run_root_;
  sys::HostFacts facts_;
  std::unique_ptr<Owners> owners_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<StateDir> states_;
  IdRanges id_ranges_;
  sandbox::SeccompCache seccomp_;
  std::mutex mutex_;
  std::shared_ptr<monitor::Client> client_;
};

}  // namespace containerlib::runtime
