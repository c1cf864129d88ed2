#include "cli/mounts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/quantity.hpp"

namespace containerlib::cli {
namespace {

[[noreturn]] void refuse(std::string_view flag, std::string_view text, std::string_view reason) {
  throw UsageError(fmt::format("invalid {} \"{}\": {}", flag, text, reason));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// One record of comma separated values: a field that holds a comma stands in double quotes.
std::vector<std::string> split_quoted(std::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

std::filesystem::path absolute_source(std::string_view flag, std::string_view text,
                                      const std::string& source) {
  if (source.starts_with('/')) return source;
  if (source.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    if (!home) refuse(flag, text, "HOME is not set");
    return std::filesystem::path(home) / source.substr(2);
  }
  if (source.starts_with('.')) {
    std::filesystem::path path = (std::filesystem::current_path() / source).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
  }
  refuse(flag, text,
         fmt::format("there are no named volumes; a directory is written ./{}", source));
}

void check_target(std::string_view flag, std::string_view text, const Mount& mount) {
  if (!mount.target.is_absolute()) refuse(flag, text, "the target must be an absolute path");
}

unsigned parse_mode(std::string_view flag, std::string_view text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 07777)
    refuse(flag, text, "an octal mode is wanted, such as 1777");
  return mode;
}

std::uint32_t parse_id(std::string_view flag, std::string_view text) {
  return static_cast<std::uint32_t>(parse_number(flag, text, 0, 4294967294));
}

// A mount of the host never shows in a container later, nor the other way round.
void check_propagation(std::string_view flag, std::string_view text, std::string_view propagation) {
  if (propagation != "rprivate" && propagation != "private")
    refuse(flag, text, fmt::format("there is no propagation but rprivate, so no {}", propagation));
}

bool is_propagation(const std::string& option) {
  return option.ends_with("shared") || option.ends_with("slave") || option.ends_with("private");
}

void check_relabelling(std::string_view text) {
  if (access("/sys/fs/selinux/enforce", F_OK) == 0)
    refuse("-v", text, "files cannot be relabelled for SELinux yet");
}

bool value_or_true(std::string_view flag, std::string_view value) {
  return value.empty() || parse_switch(flag, value);
}

void apply_mount_field(Mount& mount, std::string& type, std::string_view text,
                       const std::string& key, const std::string& value) {
  if (key == "type")
    type = value;
  else if (key == "source" || key == "src")
    mount.source = absolute_source("--mount", text, value);
  else if (key == "target" || key == "destination" || key == "dst")
    mount.target = value;
  else if (key == "readonly" || key == "ro")
    mount.read_only = value_or_true("--mount readonly", value), mount.writable = !mount.read_only;
  else if (key == "rw")
    mount.writable = value_or_true("--mount rw", value), mount.read_only = !mount.writable;
  else if (key == "bind-propagation")
    check_propagation("--mount", text, value);
  else if (key == "tmpfs-size")
    mount.tmpfs_size = parse_size("--mount tmpfs-size", value);
  else if (key == "tmpfs-mode")
    mount.tmpfs_mode = parse_mode("--mount tmpfs-mode", value);
  else
    refuse("--mount", text, fmt::format("\"{}\" is not supported", key));
}

}  // namespace

Mount parse_volume(std::string_view text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty())
    refuse("-v", text, "SOURCE:TARGET[:rw] is wanted");
  Mount mount;
  mount.source = absolute_source("-v", text, parts[0]);
  mount.target = parts[1];
  check_target("-v", text, mount);
  for (const std::string& option : parts.size() == 3 ? split(parts[2], ',') : Arguments()) {
    if (option == "ro" || option == "rw")
      mount.writable = option == "rw";
    else if (option == "z" || option == "Z")
      check_relabelling(text);
    else if (is_propagation(option))
      check_propagation("-v", text, option);
    else
      refuse("-v", text, fmt::format("the option \"{}\" is not supported", option));
  }
  return mount;
}

Mount parse_mount(std::string_view text) {
  Mount mount;
  std::string type = "bind";
  for (const std::string& field : split_quoted(text)) {
    const std::size_t equals = field.find('=');
    apply_mount_field(mount, type, text, field.substr(0, equals),
                      equals == std::string::npos ? "" : field.substr(equals + 1));
  }
  check_target("--mount", text, mount);
  if (type == "bind") {
    if (mount.source.empty()) refuse("--mount", text, "a bind mount needs a source");
    if (mount.tmpfs_size) refuse("--mount", text, "tmpfs-size is for type=tmpfs");
    mount.read_only = false;
  } else if (type == "tmpfs") {
    if (!mount.source.empty()) refuse("--mount", text, "a tmpfs has no source");
    mount.writable = false;
  } else {
    refuse("--mount", text, "the type must be bind or tmpfs");
  }
  return mount;
}

Mount parse_tmpfs(std::string_view text) {
  Mount mount;
  const std::size_t colon = text.find(':');
  mount.target = text.substr(0, colon);
  check_target("--tmpfs", text, mount);
  if (colon == std::string_view::npos) return mount;
  for (const std::string& option : split(text.substr(colon + 1), ',')) {
    if (option.starts_with("size="))
      mount.tmpfs_size = parse_size("--tmpfs size", option.substr(5));
    else if (option.starts_with("mode="))
      mount.tmpfs_mode = parse_mode("--tmpfs mode", option.substr(5));
    else if (option.starts_with("uid="))
      mount.tmpfs_uid = parse_id("--tmpfs uid", option.substr(4));
    else if (option.starts_with("gid="))
      mount.tmpfs_gid = parse_id("--tmpfs gid", option.substr(4));
    else if (option == "ro" || option == "rw")
      mount.read_only = option == "ro";
    else if (option != "nosuid" && option != "nodev" && option != "noexec")  // which it is
      refuse("--tmpfs", text, fmt::format("the option \"{}\" is not supported", option));
  }
  return mount;
}

}  // namespace containerlib::cli
