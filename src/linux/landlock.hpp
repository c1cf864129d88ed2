#pragma once
#include <cstdint>

#include "linux/syscalls.hpp"

// landlock(7). The header of Debian 12 knows the first two versions of the interface only. Safe
// between clone and execve.
namespace containerlib::sys {

// Rights on files, with the version (ABI) that brought them.
inline constexpr std::uint64_t landlock_execute = 1 << 0, landlock_write_file = 1 << 1,
                               landlock_read_file = 1 << 2, landlock_read_dir = 1 << 3,
                               landlock_remove_dir = 1 << 4, landlock_remove_file = 1 << 5,
                               landlock_refer = 1 << 13,       // 2
    landlock_truncate = 1 << 14,                               // 3
    landlock_ioctl_dev = 1 << 15;                              // 5
inline constexpr std::uint64_t landlock_make_any = 0x7f << 6;  // of every type
inline constexpr std::uint64_t landlock_all_files = (1 << 16) - 1;
/// Those that a file which is no directory has.
inline constexpr std::uint64_t landlock_of_file = landlock_execute | landlock_write_file |
                                                  landlock_read_file | landlock_truncate |
                                                  landlock_ioctl_dev;
inline constexpr std::uint64_t landlock_bind_tcp = 1 << 0, landlock_connect_tcp = 1 << 1;  // 4
inline constexpr std::uint64_t landlock_scope_abstract_sockets = 1 << 0,
                               landlock_scope_signals = 1 << 1;  // 6

/// All rights on files that this version knows.
constexpr std::uint64_t landlock_files(int abi) {
  if (abi < 2) return landlock_refer - 1;
  if (abi < 3) return landlock_truncate - 1;
  return abi < 5 ? landlock_ioctl_dev - 1 : landlock_all_files;
}

/// The version, or -errno: ENOSYS, EOPNOTSUPP (switched off at boot).
inline long landlock_abi() {
  constexpr unsigned create_ruleset_version = 1;
  return raw(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version);
}

struct landlock_ruleset {
  std::uint64_t files = 0, ports = 0, scopes = 0;
};
/// A descriptor. A kernel takes a longer struct than it knows as long as the rest is zero.
inline long landlock_create(const landlock_ruleset& rules) {
  return raw(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
}

inline long landlock_allow_path(int ruleset, int path, std::uint64_t access) {
  struct {
    std::uint64_t access;
    std::int32_t path;
  } __attribute__((packed)) const rule = {access, path};
  constexpr int path_beneath = 1;
  return raw(SYS_landlock_add_rule, ruleset, path_beneath, &rule, 0);
}

inline long landlock_allow_port(int ruleset, std::uint64_t port, std::uint64_t access) {
  const struct { std::uint64_t access, port; } rule = {access, port};
  constexpr int net_port = 2;
  return raw(SYS_landlock_add_rule, ruleset, net_port, &rule, 0);
}

/// This thread and what it makes from now on. Wants no_new_privs or CAP_SYS_ADMIN.
inline long landlock_restrict_self(int ruleset) {
  return raw(SYS_landlock_restrict_self, ruleset, 0);
}

}  // namespace containerlib::sys
