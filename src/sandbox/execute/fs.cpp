#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"

namespace containerlib::sandbox {
namespace {

/// Each item of a NUL-separated list, until `visit` fails.
template <class Visit>
int for_each(const char* list, std::uint32_t size, Visit visit) {
  for (const char* item = list; size && item <= list + size; item += std::strlen(item) + 1)
    if (long result = visit(item); result < 0) return static_cast<int>(result);
  return 0;
}

/// "key=value" or "flag".
long configure(int fs, const char* option) {
  char key[64];
  const char* equals = std::strchr(option, '=');
  if (!equals) return sys::fsconfig(fs, sys::fsconfig_set_flag, option, nullptr, 0);
  std::size_t length = static_cast<std::size_t>(equals - option);
  if (length >= sizeof key) return -EINVAL;
  std::memcpy(key, option, length);
  key[length] = '\0';
  return sys::fsconfig(fs, sys::fsconfig_set_string, key, equals + 1, 0);
}

long configure_all(const Launch& l, int fs, Text options) {
  return for_each(l.plan.str(options), options.size,
                  [&](const char* option) { return configure(fs, option); });
}

int finish_fs(Launch& l, int fs, std::uint64_t flags, Slot out) {
  if (long made = sys::fsconfig(fs, sys::fsconfig_create, nullptr, nullptr, 0); made < 0)
    return static_cast<int>(made);
  long mount = sys::fsmount(fs, flags);
  ::close(fs);
  if (mount < 0) return static_cast<int>(mount);
  l.slots[out] = static_cast<int>(mount);
  return 0;
}

long add_lowers(int fs, const char* lowers, const MakeOverlay& s) {
  if (s.append)
    return for_each(lowers, s.lowers.size, [&](const char* lower) {
      return sys::fsconfig(fs, sys::fsconfig_set_string, "lowerdir+", lower, 0);
    });
  char joined[256];  // fsconfig(2) takes strings of at most 255 bytes
  if (s.lowers.size >= sizeof joined) return -E2BIG;
  for (std::uint32_t i = 0; i <= s.lowers.size; ++i)
    joined[i] = lowers[i] == '\0' && i < s.lowers.size ? ':' : lowers[i];
  return sys::fsconfig(fs, sys::fsconfig_set_string, "lowerdir", joined, 0);
}

}  // namespace

int make_fs(Launch& l, const MakeFs& s) {
  const long fs = sys::fsopen(l.plan.str(s.type));
  if (fs < 0) return static_cast<int>(fs);
  const int fd = static_cast<int>(fs);
  const long r = configure_all(l, fd, s.options);
  return r < 0 ? static_cast<int>(r) : finish_fs(l, fd, s.flags, s.out);
}

int reconfigure_fs(Launch& l, const ReconfigureFs& s) {
  const long fs = sys::fspick(l.slots[s.tree]);
  if (fs < 0) return static_cast<int>(fs);
  const int fd = static_cast<int>(fs);
  long r = configure_all(l, fd, s.options);
  if (r >= 0) r = sys::fsconfig(fd, sys::fsconfig_reconfigure, nullptr, nullptr, 0);
  ::close(fd);
  return static_cast<int>(r);
}

int make_overlay(Launch& l, const MakeOverlay& s) {
  long fs = sys::fsopen("overlay");
  if (fs < 0) return static_cast<int>(fs);
  int fd = static_cast<int>(fs);
  // The store's opaque directories are user.overlay.* for root too, so layers serve both.
  long r = sys::fsconfig(fd, sys::fsconfig_set_flag, "userxattr", nullptr, 0);
  if (r >= 0 && s.unsynced) r = sys::fsconfig(fd, sys::fsconfig_set_flag, "volatile", nullptr, 0);
  if (r >= 0) r = add_lowers(fd, l.plan.str(s.lowers), s);
  if (r >= 0) r = sys::fsconfig(fd, sys::fsconfig_set_string, "upperdir", l.plan.str(s.upper), 0);
  if (r >= 0) r = sys::fsconfig(fd, sys::fsconfig_set_string, "workdir", l.plan.str(s.work), 0);
  return r < 0 ? static_cast<int>(r) : finish_fs(l, fd, s.flags, s.out);
}

}  // namespace containerlib::sandbox
