#pragma once
#include <containerlib/options.hpp>

#include "cli/arguments.hpp"

namespace containerlib::cli {

/// The flags of `run` and `create` that limit what a container may use, as they were typed. A limit
/// of 0 is none, as docker has it.
class LimitFlags {
 public:
  void add_to(CommandLine&);
  /// Throws UsageError.
  Limits limits() const;
  std::vector<Ulimit> ulimits() const;

 private:
  void apply_memory(Limits&) const;
  void apply_cpus(Limits&) const;
  std::vector<IoLimit> io_limits() const;

  std::string memory_, memory_swap_, memory_reservation_;
  std::string cpus_, cpu_quota_, cpu_period_, cpu_shares_, cpuset_cpus_, cpuset_mems_, pids_limit_;
  std::vector<std::string> read_bps_, write_bps_, read_iops_, write_iops_, ulimits_;
};

/// `--device-read-bps /dev/vda:1mb`: the device and what follows it. Throws UsageError.
std::pair<std::string, std::string> split_device(const std::string& flag, const std::string& text);

/// `--ulimit NAME=SOFT[:HARD]`, -1 or "unlimited" is none. Throws UsageError.
Ulimit parse_ulimit(const std::string& text);

}  // namespace containerlib::cli
