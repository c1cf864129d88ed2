#include "runtime/definition.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/identity.hpp"
#include "runtime/invalid.hpp"
#include "runtime/landlock.hpp"
#include "runtime/mounts.hpp"
#include "runtime/signals.hpp"
#include "runtime/ulimits.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::string_view default_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

void set_env(std::vector<std::string>& env, std::string variable) {
  const std::string_view name = name_of(variable);
  for (std::string& old : env)
    if (name_of(old) == name) {
      old = std::move(variable);
      return;
    }
  env.push_back(std::move(variable));
}

const std::vector<std::string>& entrypoint(const ContainerOptions& options,
                                           const ImageConfig& image) {
  return options.entrypoint ? *options.entrypoint : image.entrypoint;
}

/// An entry point of the options takes the image's command away (docker's rule).
std::vector<std::string> all_args(const ContainerOptions& options, const ImageConfig& image) {
  std::vector<std::string> args = entrypoint(options, image);
  if (!options.args.empty()) {
    args.insert(args.end(), options.args.begin(), options.args.end());
  } else if (!options.entrypoint) {
    args.insert(args.end(), image.command.begin(), image.command.end());
  }
  if (args.empty()) invalid("args", "neither the options nor the image name a command");
  check_args(args);
  return args;
}

std::vector<std::string> all_env(const ContainerOptions& options, const ImageConfig& image,
                                 const std::string& hostname) {
  std::vector<std::string> env = {std::string(default_path), "HOSTNAME=" + hostname};
  if (options.tty) env.push_back("TERM=xterm");
  for (const std::string& variable : image.env)
    if (!name_of(variable).empty() && !has_nul(variable)) set_env(env, variable);
  merge_env(env, options.env);
  return env;
}

std::string checked_hostname(const std::string& given, std::string_view id) {
  if (given.empty()) return std::string(id.substr(0, 12));
  // The kernel's limit (__NEW_UTS_LEN).
  bool good = given.size() <= 64 && given.front() != '-' && given.front() != '.';
  for (char c : given)
    good = good && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '.');
  if (!good)
    invalid("hostname", "\"" + printable(given) + "\" is not letters, digits, - and ., 64 at most");
  return given;
}

std::string default_user(const ContainerOptions& options, const ImageConfig& image) {
  if (options.user_namespace != UserNamespace::keep_id) return image.user;
  return std::to_string(::geteuid()) + ":" + std::to_string(::getegid());
}

int checked_stop_signal(const ContainerOptions& options, const ImageConfig& image) {
  const std::string& text = options.stop_signal.empty() ? image.stop_signal : options.stop_signal;
  if (text.empty()) return 15;
  const auto signal = parse_signal(text);
  if (!signal) invalid("stop_signal", "no such signal: " + printable(text));
  return *signal;
}

std::string image_cwd(const ImageConfig& image) {
  if (image.working_dir.empty()) return "/";
  // The image-spec wants it absolute; docker reads one that is not from the root.
  return (std::filesystem::path("/") / image.working_dir).lexically_normal().string();
}

void check_stream(const char* field, const Stream& stream) {
  if (stream.kind() == Stream::Kind::descriptor && ::fcntl(stream.descriptor(), F_GETFD) < 0)
    invalid(field, "not an open descriptor");
}

void check_rest(const ContainerOptions& options) {
  check_stream("in", options.in);
  check_stream("out", options.out);
  check_stream("err", options.err);
  if (!options.name.empty()) check_name(options.name);
  if (options.timeout.count() < 0) invalid("timeout", "negative");
  for (const auto& [key, value] : options.labels)
    if (key.empty()) invalid("labels", "a label without a name");
  if (options.shm_size && options.shm_size->count == 0)
    invalid("shm_size", "0 would be no limit at all");
}

std::map<std::string, std::string> all_labels(const ContainerOptions& options,
                                              const ImageConfig& image) {
  std::map<std::string, std::string> labels = options.labels;
  for (const auto& [key, value] : image.labels)
    if (!key.empty()) labels.try_emplace(key, value);
  return labels;
}

}  // namespace

void merge_env(std::vector<std::string>& env, const std::map<std::string, std::string>& over) {
  for (const auto& [name, value] : over) {
    if (name.empty() || name.find('=') != name.npos || has_nul(name) || has_nul(value))
      invalid("env", "\"" + printable(name) + "\" cannot be the name of a variable");
    set_env(env, name + '=' + value);
  }
}

const char* find_env(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string& variable : env)
    if (name_of(variable) == name && variable.size() > name.size())
      return variable.c_str() + name.size() + 1;
  return nullptr;
}

void check_args(const std::vector<std::string>& args) {
  if (args.empty()) invalid("args", "no command");
  if (args.front().empty()) invalid("args", "the program's name is empty");
  if (std::any_of(args.begin(), args.end(), has_nul)) invalid("args", "a NUL byte in an argument");
}

std::string check_cwd(const std::filesystem::path& cwd) {
  if (!cwd.is_absolute() || has_nul(cwd.native()))
    invalid("cwd", "\"" + printable(cwd.native()) + "\" is not absolute");
  return cwd.lexically_normal().string();
}

Definition define(const ContainerOptions& options, const ImageConfig& image, std::string_view id) {
  check_rest(options);
  Definition out;
  out.args = all_args(options, image);
  out.hostname = checked_hostname(options.hostname, id);
  out.env = all_env(options, image, out.hostname);
  out.cwd = options.cwd.empty() ? image_cwd(image) : check_cwd(options.cwd);
  out.user = options.user.empty() ? default_user(options, image) : options.user;
  out.stop_signal = checked_stop_signal(options, image);
  out.mounts = checked_mounts(options.mounts);
  out.read_only = options.read_only;
  out.network = options.network;
  out.limits = options.limits;
  out.cap_add = options.cap_add;
  out.cap_drop = options.cap_drop;
  out.seccomp = options.seccomp;
  out.new_privileges = options.new_privileges;
  out.unmasked_paths = options.unmasked_paths;
  out.user_namespace = options.user_namespace;
  out.tty = options.tty;
  out.terminal_size = options.terminal_size;
  out.on_host_death = options.on_host_death;
  out.auto_remove = options.auto_remove;
  out.labels = all_labels(options, image);
  out.entrypoint_words = entrypoint(options, image).size();
  out.ulimits = checked_ulimits(options.ulimits);
  out.groups = options.groups;
  out.shm_size = options.shm_size;
  out.unsafe_oci_spec = options.unsafe_oci_spec;
  out.nested_user_namespaces = options.nested_user_namespaces;
  out.landlock = checked_landlock(options.landlock);
  return out;
}

}  // namespace containerlib::runtime
