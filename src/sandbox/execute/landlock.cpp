#include "sandbox/execute/landlock.hpp"

#include <sys/stat.h>

#include "linux/landlock.hpp"
#include "sandbox/execute/root_path.hpp"

namespace containerlib::sandbox {

int make_landlock(Launch& l, const MakeLandlock& s) {
  const long rules = sys::landlock_create({s.files, s.ports, s.scopes});
  if (rules >= 0) l.slots[landlock_slot] = static_cast<int>(rules);
  return rules < 0 ? static_cast<int>(rules) : 0;
}

int allow_path(Launch& l, const AllowPath& s) {
  const int path = open_in_root(l.slots[root_slot], l.plan.str(s.path), true);
  if (path < 0) return path == -ENOENT && s.optional ? 0 : path;
  struct stat st = {};
  long r = ::fstat(path, &st) < 0 ? -errno : 0;
  const std::uint64_t possible = S_ISDIR(st.st_mode) ? ~std::uint64_t{0} : sys::landlock_of_file;
  if (r == 0) r = sys::landlock_allow_path(l.slots[landlock_slot], path, s.access & possible);
  ::close(path);
  return static_cast<int>(r);
}

int allow_port(Launch& l, const AllowPort& s) {
  return static_cast<int>(sys::landlock_allow_port(l.slots[landlock_slot], s.port, s.access));
}

int enter_landlock(Launch& l) {
  return static_cast<int>(sys::landlock_restrict_self(l.slots[landlock_slot]));
}

}  // namespace containerlib::sandbox
