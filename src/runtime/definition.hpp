#pragma once
#include <containerlib/image.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace containerlib::runtime {

/// All it takes to start a container, again and again: the options with the image's configuration
/// applied and all checked. A value, kept as JSON in the container's record.
struct Definition {
  std::vector<std::string> args;  ///< entry point and command; never empty
  std::vector<std::string> env;   ///< "NAME=VALUE", each name once
  std::string cwd = "/", user, hostname;
  int stop_signal = 15;
  std::vector<Mount> mounts;  ///< sources and targets absolute; a parent's target comes first
  bool read_only = false;
  Network network = Network::none;
  Limits limits;
  std::vector<std::string> cap_add, cap_drop;
  Seccomp seccomp;
  bool new_privileges = false, unmasked_paths = false;
  UserNamespace user_namespace = UserNamespace::automatic;
  bool tty = false;
  TerminalSize terminal_size;
  HostDeath on_host_death = HostDeath::kill;
  bool auto_remove = false;
  std::map<std::string, std::string> labels;
  std::size_t entrypoint_words = 0;  ///< of args
  std::vector<Ulimit> ulimits;
  std::vector<std::string> groups;
  std::optional<Bytes> shm_size;
  std::string unsafe_oci_spec;  ///< a JSON text, see apply_fragment()
  bool nested_user_namespaces = false;
  Landlock landlock;
};

/// Applies docker's rules. Relative mount sources are taken from the working directory; whether
/// they exist is checked. Throws invalid_option with the field, or an errno for a mount's source.
Definition define(const ContainerOptions&, const ImageConfig&, std::string_view id);

/// `over` replaces variables of the same name, or is added at the end. Throws
/// invalid_option("env").
void merge_env(std::vector<std::string>& env, const std::map<std::string, std::string>& over);
/// The value of a variable, or nullptr.
const char* find_env(const std::vector<std::string>& env, std::string_view name);
/// Throws invalid_option("args") for none, an empty program name, or a NUL byte.
void check_args(const std::vector<std::string>&);
/// Throws invalid_option("cwd") unless absolute.
std::string check_cwd(const std::filesystem::path&);

}  // namespace containerlib::runtime
