#include "sandbox/execute/trees.hpp"

#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <csignal>

#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"

namespace containerlib::sandbox {
namespace {

int open_user_namespace(int pid) {
  const int user = ::open(ProcPath(pid, "/ns/user").text, O_RDONLY | O_CLOEXEC);
  return user < 0 ? -errno : user;
}

int write_map(int pid, const char* file, const char* map, std::size_t size) {
  const int fd = ::open(ProcPath(pid, file).text, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  const int r = ::write(fd, map, size) < 0 ? -errno : 0;
  ::close(fd);
  return r;
}

/// A process that only holds a new user namespace. It ends without a signal to the runner.
long hold_user_namespace() {
  clone_args args{};
  args.flags = CLONE_NEWUSER;
  const long pid = sys::clone3(args);
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (;;) ::pause();
}

}  // namespace

bool is_procfs_root(int tree) {
  struct statfs fs;
  struct stat st;
  return ::fstatfs(tree, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && ::fstat(tree, &st) == 0 &&
         st.st_ino == 1;  // PROC_ROOT_INO
}

int open_tree(Launch& l, const OpenTree& s) {
  const unsigned below = s.recursive ? sys::at_recursive : 0;
  const long tree = sys::open_tree(AT_FDCWD, l.plan.str(s.path), sys::open_tree_clone | below);
  if (tree < 0) return static_cast<int>(tree);
  const int fd = l.slots[s.out] = static_cast<int>(tree);
  if (s.procfs && !is_procfs_root(fd)) return -EINVAL;
  sys::mount_attr attr;
  // A copy of a shared mount is its peer: what the container mounts below would come to the host.
  attr.propagation = s.propagation;
  return static_cast<int>(sys::mount_setattr(fd, "", AT_EMPTY_PATH | below, attr));
}

int make_user_namespace(Launch& l, const MakeUserNamespace& s) {
  const long process = hold_user_namespace();
  if (process < 0) return static_cast<int>(process);
  const int pid = static_cast<int>(process);
  int r = write_map(pid, "/uid_map", l.plan.str(s.uid_map), s.uid_map.size);
  if (r == 0) r = write_map(pid, "/gid_map", l.plan.str(s.gid_map), s.gid_map.size);
  if (r == 0) r = l.slots[s.out] = open_user_namespace(pid);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, __WALL);
  return r < 0 ? r : 0;
}

int idmap_tree(Launch& l, const IdmapTree& s, int pid) {
  const bool own = s.user == no_slot;
  const int user = own ? open_user_namespace(pid) : l.slots[s.user];
  if (user < 0) return user;
  sys::mount_attr attr;
  attr.attr_set = sys::mount_idmap;
  attr.userns_fd = static_cast<std::uint64_t>(user);
  const unsigned below = s.recursive ? sys::at_recursive : 0;
  const long r = sys::mount_setattr(l.slots[s.tree], "", AT_EMPTY_PATH | below, attr);
  if (own) ::close(user);
  return static_cast<int>(r);
}

}  // namespace containerlib::sandbox
