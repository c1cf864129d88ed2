#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "linux/host_facts.hpp"

// Ids for user namespaces: the subordinate ids of a user, and ranges leased to containers as root.
namespace containerlib::sys {

/// The ranges of a user in the text of /etc/subuid or /etc/subgid, whose lines name the user or
/// give the uid. Malformed lines and ranges that pass 2^32-1 are left out; at most 1024 are
/// returned.
std::vector<IdRange> parse_subids(std::string_view text, std::string_view user, uid_t uid);

struct SubIds {
  std::vector<IdRange> uids, gids;
};
/// Those of the host's files for this uid; its name comes from /etc/passwd.
SubIds host_subids(uid_t uid);

/// A range of ids that no other container on this host has, of any process that uses the same lock
/// directory, for as long as a copy of the descriptor `lock` is open (also in another process).
struct IdRangeLease {
  std::uint32_t first = 0, count = 0;
  Fd lock;
};

/// Ids of one container.
inline constexpr std::uint32_t lease_size = 65536;

/// The leases of a range that no line of /etc/subuid or /etc/subgid has a part of; those next to
/// each other as one.
std::vector<IdRange> free_leases(const IdRange& whole, std::string_view subids);

/// What leases are cut from: the ranges that both /etc/subuid and /etc/subgid give to the user
/// "containerlib"; without such, 4096 leases from 0x70000000 on, which no user has by convention,
/// but for those that are given to one all the same.
std::vector<IdRange> id_pool();

/// Leases 65,536 ids of the pool. The lock directory (and its parent) is made when missing, 0700.
/// Throws in_use when all are leased, not_permitted when the directory or a lock in it belongs to
/// somebody else or others may write there.
IdRangeLease acquire_id_range(const std::string& lock_directory = "/run/containerlib/ranges",
                              const std::vector<IdRange>& pool = id_pool());

/// The lease of just this range. Throws in_use when somebody has it.
IdRangeLease acquire_id_range_at(std::uint32_t first,
                                 const std::string& lock_directory = "/run/containerlib/ranges");

}  // namespace containerlib::sys
