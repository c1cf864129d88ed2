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

}  // namespace

std::vector<IdRange> parse_subids(std::string_view text, std::string_view user, uid_t uid) {
  std::vector<IdRange> ranges;
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> field = split(line, ':');
    if (field.size() != 3 || field[0].empty()) continue;
    if (field[0] != user && parse_number(field[0]) != std::uint64_t{uid}) continue;
    const auto first = parse_number(field[1]), count = parse_number(field[2]);
    if (!first || !count || *count == 0 || *first >= end_of_ids || *count > end_of_ids - *first)
      continue;
    ranges.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*count)});
    if (ranges.size() == most_ranges) break;
  }
  return ranges;
}

SubIds host_subids(uid_t uid) {
  const std::string user = host_user_name(uid);
  return {parse_subids(read_host_file("/etc/subuid").value_or(""), user, uid),
          parse_subids(read_host_file("/etc/subgid").value_or(""), user, uid)};
}

std::vector<IdRange> id_pool() {
  constexpr std::string_view user = "containerlib";
  constexpr uid_t nobody = std::numeric_limits<uid_t>::max();  // match by name only
  const auto gids = parse_subids(read_host_file("/etc/subgid").value_or(""), user, nobody);
  auto pool = parse_subids(read_host_file("/etc/subuid").value_or(""), user, nobody);
  std::erase_if(pool, [&gids](const IdRange& range) {
    return std::none_of(gids.begin(), gids.end(), [&range](const IdRange& other) {
      return other.first == range.first && other.count == range.count;
    });
  });
  if (pool.empty()) pool = {{0x70000000, 4096 * lease_size}};
  return pool;
}

}  // namespace containerlib::sys
