#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "linux/syscalls.hpp"
#include "monitor/running.hpp"

namespace containerlib::monitor {
namespace {

int apply_one(int dir, const char* path, const OwnerHead& owner, std::string_view capability) {
  constexpr std::uint64_t inside = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  long handle = sys::openat2(dir, path, O_PATH | O_NOFOLLOW, inside);
  if (handle < 0) return static_cast<int>(-handle);
  int fd = static_cast<int>(handle);
  struct stat st;
  int error = ::fstat(fd, &st) < 0 ? errno : 0;
  if (!error && ::fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) < 0) error = errno;
  ::close(fd);
  if (error || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) return error;

  // After the owner: chown(2) clears setuid and setgid bits and the capability.
  handle = sys::openat2(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, inside);
  if (handle < 0) return static_cast<int>(-handle);
  fd = static_cast<int>(handle);
  if (::fchmod(fd, owner.mode & 07777) < 0) error = errno;
  if (!error && !capability.empty() &&
      ::fsetxattr(fd, "security.capability", capability.data(), capability.size(), 0) < 0)
    error = errno;
  ::close(fd);
  return error;
}

}  // namespace

int apply_owners(Reader& reader, int dir) {
  while (reader.left() > 0) {
    auto owner = reader.value<OwnerHead>();
    std::string_view path = reader.text();
    std::string_view capability = reader.text();
    if (path.empty()) break;
    if (int error = apply_one(dir, path.data(), owner, capability)) return error;
  }
  return 0;
}

}  // namespace containerlib::monitor
