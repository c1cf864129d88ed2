#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "linux/layered_root.hpp"

// Users and groups by the files of an image: /etc/passwd and /etc/group as text, without the C
// library's name services (those would load code and ask the host).
namespace containerlib::sys {

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0, gid = 0;
  std::string home;
};

struct GroupEntry {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

/// The well-formed lines of a file, in order; other lines are left out, as the C library does. Any
/// bytes are safe: a name has no control characters, an id is in [0, 2^32-2].
std::vector<PasswdEntry> parse_passwd(std::string_view);
std::vector<GroupEntry> parse_group(std::string_view);

/// The texts of the two files; empty where the image has none.
struct UserFiles {
  std::string passwd, group;
};

/// Reads etc/passwd and etc/group inside a root. Throws EFBIG above 1 MiB and EINVAL when one is
/// not a regular file; neither hangs.
UserFiles read_user_files(const LayeredRoot&);

struct ResolvedUser {
  std::uint32_t uid = 0, gid = 0;
  /// The groups for setgroups(2): gid first, then those that name the user as a member. With an
  /// explicit group only that one.
  std::vector<std::uint32_t> additional_gids;
  std::string home = "/";
};

/// Resolves "user[:group]", each a name or a number; empty is root, as for an image without a user.
/// Digits are always a number, whatever names the image has. A number need not be in the files: its
/// group is then 0. `more_groups` come on top of the user's. Throws invalid_option for what is
/// neither (an empty part, a sign, a blank, a second colon, a number above 2^32-2) and unknown_user
/// for a name that is not in the files.
ResolvedUser resolve_user(std::string_view user, const UserFiles&,
                          const std::vector<std::string>& more_groups = {});

}  // namespace containerlib::sys
