// /etc/passwd and /etc/group of an image, and "USER" of whoever asks: "user\n--\npasswd--\ngroup".
#include "linux/users.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

using namespace containerlib::sys;

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x20 || c == 0x7f || c == ':';
  });
}

}  // namespace

void fuzz::one(std::string_view input) {
  std::string_view user = take_part(input);
  if (user.ends_with('\n')) user.remove_suffix(1);
  UserFiles files;
  files.passwd = take_part(input);
  files.group = take_part(input);
  for (const PasswdEntry& entry : parse_passwd(files.passwd)) {
    require(is_name(entry.name), "a user's name is one");
    require(entry.uid != 0xffffffff && entry.gid != 0xffffffff, "no id means \"as it is\"");
    require(entry.home.starts_with('/'), "a home is absolute");
  }
  for (const GroupEntry& entry : parse_group(files.group)) {
    require(is_name(entry.name) && entry.gid != 0xffffffff, "a group has a name and an id");
    for (const std::string& member : entry.members) require(is_name(member), "a member is a name");
  }
  accepted([&] {
    const ResolvedUser resolved = resolve_user(user, files, {std::string(user)});
    require(resolved.uid != 0 || user.empty() || user[0] == '0' ||
                files.passwd.find(":0") != std::string::npos,
            "root only where it is asked for (SEC-26)");
  });
}
