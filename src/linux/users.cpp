#include "linux/users.hpp"

#include <algorithm>
#include <optional>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
/// Groups of one process: NGROUPS_MAX of the kernel.
constexpr std::size_t most_groups = 65536;

// 2^32-1 is no id: chown(2) and setresuid(2) take it for "leave as it is".
std::optional<std::uint32_t> parse_id(std::string_view text) {
  const std::optional<std::uint64_t> number = parse_number(text);
  if (!number || (*number >= 0xffffffff && !broken("SEC-26-image"))) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

[[noreturn]] void refuse(std::string_view user, std::string hint) {
  throw_error(Errc::invalid_option, "resolve user", std::string(user), std::move(hint));
}

[[noreturn]] void unknown(std::string_view name, const char* file) {
  throw_error(Errc::unknown_user, "resolve user", std::string(name),
              "not in " + std::string(file) + " of the image");
}

/// One part of "user:group": a number, or (nullopt) a name to be looked up.
std::optional<std::uint32_t> number_or_name(std::string_view part, std::string_view whole) {
  if (all_digits(part)) {
    const std::optional<std::uint32_t> id = parse_id(part);
    if (!id) refuse(whole, "the largest id is 4294967294");
    return id;
  }
  if (part.empty()) refuse(whole, "the user or the group is empty");
  if (part.find_first_of(" \t") != std::string_view::npos || has_control_character(part))
    refuse(whole, "a blank or control character");
  if (part.front() == '-' || part.front() == '+') refuse(whole, "neither a name nor a number");
  return std::nullopt;
}

std::optional<PasswdEntry> find_user(const std::string& passwd, std::string_view name,
                                     std::optional<std::uint32_t> uid) {
  for (PasswdEntry& entry : parse_passwd(passwd))
    if (uid ? entry.uid == *uid : entry.name == name) return std::move(entry);
  return std::nullopt;
}

std::uint32_t find_group(const std::string& group, std::string_view name) {
  for (const GroupEntry& entry : parse_group(group))
    if (entry.name == name) return entry.gid;
  unknown(name, "/etc/group");
}

void add_memberships(std::vector<std::uint32_t>& gids, const std::string& group,
                     const std::string& user) {
  std::vector<std::uint32_t> found;
  for (const GroupEntry& entry : parse_group(group))
    if (std::find(entry.members.begin(), entry.members.end(), user) != entry.members.end())
      found.push_back(entry.gid);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::erase(found, gids.front());
  if (found.size() >= most_groups)
    throw_error(Errc::unsupported, "resolve user", user, "member of more than 65536 groups");
  gids.insert(gids.end(), found.begin(), found.end());
}

std::uint32_t gid_of(std::string_view group, std::string_view whole, const UserFiles& files) {
  const std::optional<std::uint32_t> gid = number_or_name(group, whole);
  return gid ? *gid : find_group(files.group, group);
}

ResolvedUser resolve_user_and_group(std::string_view whole, const UserFiles& files) {
  const std::vector<std::string_view> parts = split(whole.empty() ? "0" : whole, ':');
  if (parts.size() > 2) refuse(whole, "more than one colon");
  const std::string_view user = parts[0];

  const std::optional<std::uint32_t> uid = number_or_name(user, whole);
  const std::optional<PasswdEntry> entry = find_user(files.passwd, user, uid);
  if (!uid && !entry) unknown(user, "/etc/passwd");

  ResolvedUser resolved;
  resolved.uid = uid ? *uid : entry->uid;
  if (entry) resolved.home = entry->home;
  if (parts.size() == 2) {
    resolved.gid = gid_of(parts[1], whole, files);
    resolved.additional_gids = {resolved.gid};
    return resolved;
  }
  resolved.gid = entry ? entry->gid : 0;
  resolved.additional_gids = {resolved.gid};
  if (entry) add_memberships(resolved.additional_gids, files.group, entry->name);
  return resolved;
}

}  // namespace

std::vector<PasswdEntry> parse_passwd(std::string_view text) {
  std::vector<PasswdEntry> entries;
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> field = split(line, ':');
    if (field.size() != 7 || field[0].empty() || has_control_character(line)) continue;
    const auto uid = parse_id(field[2]), gid = parse_id(field[3]);
    if (!uid || !gid) continue;
    const std::string_view home = field[5].starts_with('/') ? field[5] : "/";
    entries.push_back({std::string(field[0]), *uid, *gid, std::string(home)});
  }
  return entries;
}

std::vector<GroupEntry> parse_group(std::string_view text) {
  std::vector<GroupEntry> entries;
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> field = split(line, ':');
    if (field.size() != 4 || field[0].empty() || has_control_character(line)) continue;
    const auto gid = parse_id(field[2]);
    if (!gid) continue;
    GroupEntry entry = {std::string(field[0]), *gid, {}};
    for (const std::string_view member : split(field[3], ','))
      if (!member.empty()) entry.members.emplace_back(member);
    entries.push_back(std::move(entry));
  }
  return entries;
}

UserFiles read_user_files(const LayeredRoot& root) {
  return {root.read_file("etc/passwd", largest_file).value_or(""),
          root.read_file("etc/group", largest_file).value_or("")};
}

ResolvedUser resolve_user(std::string_view user, const UserFiles& files,
                          const std::vector<std::string>& more_groups) {
  ResolvedUser resolved = resolve_user_and_group(user, files);
  for (const std::string& group : more_groups) {
    const std::uint32_t gid = gid_of(group, group, files);
    std::vector<std::uint32_t>& gids = resolved.additional_gids;
    if (std::find(gids.begin(), gids.end(), gid) == gids.end()) gids.push_back(gid);
  }
  return resolved;
}

}  // namespace containerlib::sys
