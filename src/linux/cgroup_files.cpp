#include "linux/cgroup_files.hpp"

#include <algorithm>

#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

// The hierarchies' options that are no controller's name (cgroups(7)).
constexpr std::string_view other_options[] = {
    "rw", "ro", "noprefix", "clone_children", "cpuset_v2_mode", "xattr", "none", "all"};

/// Undoes mountinfo's octal escapes: a blank in a path is "\040".
std::string unescape(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                  (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string> controllers_of(std::string_view options) {
  std::vector<std::string> controllers;
  for (const std::string_view option : split(options, ','))
    if (!option.empty() && option.find('=') == std::string_view::npos &&
        std::find(std::begin(other_options), std::end(other_options), option) ==
            std::end(other_options))
      controllers.emplace_back(option);
  return controllers;
}

bool has_word(std::string_view options, std::string_view word) {
  const std::vector<std::string_view> all = split(options, ',');
  return std::find(all.begin(), all.end(), word) != all.end();
}

bool leads_up(std::string_view path) {
  const std::vector<std::string_view> components = split(path, '/');
  return std::find(components.begin(), components.end(), "..") != components.end();
}

}  // namespace

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for (const std::string_view line : lines(mountinfo)) {
    // id parent major:minor root point options optional... - type source options
    const std::vector<std::string_view> field = words(line);
    const auto dash = std::find(field.begin(), field.end(), "-");
    if (dash - field.begin() < 6 || field.end() - dash < 4) continue;
    const std::string_view type = dash[1];
    if (type != "cgroup" && type != "cgroup2") continue;
    CgroupMount mount;
    mount.version = type == "cgroup2" ? 2 : 1;
    mount.root = unescape(field[3]);
    mount.point = unescape(field[4]);
    mount.read_only = has_word(field[5], "ro") || has_word(dash[3], "ro");
    if (mount.version == 1) mount.controllers = controllers_of(dash[3]);
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

std::vector<CgroupMembership> parse_cgroup_memberships(std::string_view cgroup) {
  std::vector<CgroupMembership> memberships;
  for (const std::string_view line : lines(cgroup)) {
    // hierarchy:controllers:path, where only the path may hold a colon
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    CgroupMembership membership;
    membership.unified = line.substr(0, first) == "0" && controllers.empty();
    membership.controllers = controllers_of(controllers);
    membership.path = line.substr(second + 1);
    memberships.push_back(std::move(membership));
  }
  return memberships;
}

std::string directory_of(const CgroupMount& mount, std::string_view group) {
  // A ".." is a group or a mount from outside of this cgroup namespace.
  if (leads_up(group) || leads_up(mount.root) || !group.starts_with('/')) return {};
  std::string_view rest = group;
  if (mount.root != "/") {
    if (!rest.starts_with(mount.root)) return {};
    rest.remove_prefix(mount.root.size());
    if (!rest.empty() && rest.front() != '/') return {};
  }
  return rest == "/" ? mount.point : mount.point + std::string(rest);
}

}  // namespace containerlib::sys
