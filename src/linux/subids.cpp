#include "linux/subids.hpp"

#include <algorithm>
#include <limits>

#include "linux/text.hpp"
#include "linux/users.hpp"

namespace containerlib::sys {
namespace {

constexpr std::size_t most_ranges = 1024;

// The last id of all, 2^32-1, cannot be mapped.
constexpr std::uint64_t end_of_ids = std::numeric_limits<std::uint32_t>::max();

std::string host_user_name(uid_t uid) {
  for (PasswdEntry& entry : parse_passwd(read_host_file("/etc/passwd").value_or("")))
    if (entry.uid == uid) return std::move(entry.name);
  return {};
}

/// Of the lines whose first field `wanted` accepts.
template <class Wanted>
std::vector<IdRange> parse(std::string_view text, Wanted wanted) {
  std::vector<IdRange> ranges;
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> field = split(line, ':');
    if (field.size() != 3 || field[0].empty() || !wanted(field[0])) continue;
    const auto first = parse_number(field[1]), count = parse_number(field[2]);
    if (!first || !count || *count == 0 || *first >= end_of_ids || *count > end_of_ids - *first)
      continue;
    ranges.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*count)});
    if (ranges.size() == most_ranges) break;
  }
  return ranges;
}

bool overlap(const IdRange& a, const IdRange& b) {
  return a.first < std::uint64_t{b.first} + b.count && b.first < std::uint64_t{a.first} + a.count;
}

}  // namespace

std::vector<IdRange> parse_subids(std::string_view text, std::string_view user, uid_t uid) {
  return parse(text, [&](std::string_view owner) {
    return owner == user || parse_number(owner) == std::uint64_t{uid};
  });
}

std::vector<IdRange> free_leases(const IdRange& whole, std::string_view subids) {
  const std::vector<IdRange> given = parse(subids, [](std::string_view) { return true; });
  std::vector<IdRange> out;
  bool in_run = false;
  for (std::uint32_t n = 0; n < whole.count / lease_size; ++n) {
    const IdRange lease = {whole.first + n * lease_size, lease_size};
    const bool taken = std::any_of(given.begin(), given.end(),
                                   [&](const IdRange& other) { return overlap(lease, other); });
    if (!taken && in_run) out.back().count += lease_size;
    if (!taken && !in_run) out.push_back(lease);
    in_run = !taken;
  }
  return out;
}

SubIds host_subids(uid_t uid) {
  const std::string user = host_user_name(uid);
  return {parse_subids(read_host_file("/etc/subuid").value_or(""), user, uid),
          parse_subids(read_host_file("/etc/subgid").value_or(""), user, uid)};
}

std::vector<IdRange> id_pool() {
  constexpr std::string_view user = "containerlib";
  constexpr uid_t nobody = std::numeric_limits<uid_t>::max();  // match by name only
  const std::string uid_lines = read_host_file("/etc/subuid").value_or("");
  const std::string gid_lines = read_host_file("/etc/subgid").value_or("");
  const auto gids = parse_subids(gid_lines, user, nobody);
  auto pool = parse_subids(uid_lines, user, nobody);
  std::erase_if(pool, [&gids](const IdRange& range) {
    return std::none_of(gids.begin(), gids.end(), [&range](const IdRange& other) {
      return other.first == range.first && other.count == range.count;
    });
  });
  if (!pool.empty()) return pool;
  return free_leases({0x70000000, 4096 * lease_size}, uid_lines + '\n' + gid_lines);
}

}  // namespace containerlib::sys
