#pragma once
#include <containerlib/options.hpp>

#include "cli/arguments.hpp"
#include "cli/attach.hpp"

namespace containerlib::cli {

/// The flags that `run` and `create` share, as they were typed.
class ContainerFlags {
 public:
  void add_to(CommandLine&);
  /// `command` is what follows the image. Streams, name of the image and what becomes of the
  /// container afterwards are the verb's to say. Throws UsageError.
  ContainerOptions options(Arguments command) const;

  StandardStreams streams;
  bool remove = false;
  std::string cidfile;

 private:
  void add_process_flags(CommandLine&);
  void add_file_flags(CommandLine&);
  void add_limit_flags(CommandLine&);
  void add_isolation_flags(CommandLine&);
  Limits limits() const;
  std::vector<IoLimit> io_limits() const;
  void apply_security(ContainerOptions&) const;

  std::string name_, workdir_, user_, entrypoint_, hostname_, stop_signal_, stop_timeout_;
  bool entrypoint_given_ = false, read_only_ = false;
  std::vector<std::string> env_, env_files_, labels_, volumes_, mounts_, tmpfs_;
  std::string memory_, memory_swap_, cpus_, cpu_shares_, cpuset_cpus_, cpuset_mems_, pids_limit_;
  std::vector<std::string> read_bps_, write_bps_, read_iops_, write_iops_;
  std::vector<std::string> cap_add_, cap_drop_, security_;
  std::string userns_, network_;
};

/// The label that keeps `--stop-timeout` for `stop`.
constexpr auto stop_timeout_label = "containerlib.stop-timeout";

/// `--security-opt` on an options struct. Throws UsageError.
void apply_security_option(ContainerOptions&, const std::string& text);

/// `--device-read-bps /dev/vda:1mb`: the device and what follows it.
std::pair<std::string, std::string> split_device(const std::string& flag, const std::string& text);

}  // namespace containerlib::cli
