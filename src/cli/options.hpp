#pragma once
#include <containerlib/options.hpp>

#include <utility>

#include "cli/arguments.hpp"
#include "cli/attach.hpp"
#include "cli/limit_flags.hpp"

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
  std::string platform;  ///< see check_platform()

 private:
  void add_process_flags(CommandLine&);
  void add_file_flags(CommandLine&);
  void add_isolation_flags(CommandLine&);
  void apply_security(ContainerOptions&) const;

  std::string name_, workdir_, user_, entrypoint_, hostname_, stop_signal_, stop_timeout_;
  bool entrypoint_given_ = false, read_only_ = false;
  std::vector<std::string> env_, env_files_, labels_, volumes_, mounts_, tmpfs_;
  std::vector<std::string> groups_, label_files_;
  std::string shm_size_, oci_spec_;
  LimitFlags limits_;
  std::vector<std::string> cap_add_, cap_drop_, security_;
  std::string userns_, network_, pull_;
};

/// The label that keeps `--stop-timeout` for `stop`.
constexpr auto stop_timeout_label = "containerlib.stop-timeout";

/// `--userns`.
constexpr std::pair<const char*, UserNamespace> user_namespace_names[] = {
    {"auto", UserNamespace::automatic},
    {"host", UserNamespace::host},
    {"keep-id", UserNamespace::keep_id},
    {"nomap", UserNamespace::nomap}};

/// `-u USER[:GROUP]`, as the library has it: "root:" is "root", as docker has it.
std::string parse_user(const std::string& text);

/// `--security-opt` on an options struct. Throws UsageError.
void apply_security_option(ContainerOptions&, const std::string& text);

}  // namespace containerlib::cli
