#include "linux/copy_tree.hpp"

#include <sys/stat.h>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/mounts.hpp"
#include "sandbox/execute/target.hpp"

// tmpcopyup: of the container's own files.
namespace containerlib::sandbox {
namespace {

int copy_content(int directory, int tree, const CopyUp& s, const struct stat& st) {
  if (s.mode && ::fchmodat(tree, ".", st.st_mode & 07777, 0) < 0) return -errno;
  if (s.owner && ::fchownat(tree, ".", st.st_uid, st.st_gid, 0) < 0) return -errno;
  if (!s.content) return 0;
  const int from = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) return -errno;
  const int r = sys::copy_entries(from, tree, {.depth = 64});
  ::close(from);
  return r;
}

}  // namespace

int copy_up(Launch& l, const CopyUp& s) {
  const char* target = l.plan.str(s.target);
  const int directory = broken("SEC-15")
                            ? ::openat(l.slots[root_slot], target + 1, O_PATH | O_CLOEXEC)
                            : open_target(l.slots[root_slot], target, s.follow);
  if (directory == -ENOENT) return 0;
  if (directory < 0) return directory;
  struct stat st;
  int r = ::fstat(directory, &st) < 0 ? -errno : 0;
  if (r == 0 && !S_ISDIR(st.st_mode)) r = -ENOTDIR;
  if (r == 0) r = copy_content(directory, l.slots[s.tree], s, st);
  ::close(directory);
  return r;
}

}  // namespace containerlib::sandbox
