#include "bundle/criu_root.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::bundle {
namespace {

Fd must_open(const char* path, int flags) {
  Fd fd(::open(path, flags | O_CLOEXEC));
  if (!fd) throw_errno(errno, "open", path);
  return fd;
}

/// Mounts `rootfs`, with all that is mounted in it, at a path of this mount namespace: 0 or -errno.
long show(const std::string& rootfs, const std::string& path) {
  // Slaves, so that what the container's mounts are to get from the host still comes.
  sys::mount_attr slaves;
  slaves.propagation = sys::propagate_slave;
  if (long r = sys::mount_setattr(AT_FDCWD, "/", sys::at_recursive, slaves); r < 0) return r;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return -errno;
  const long tree =
      sys::open_tree(AT_FDCWD, rootfs.c_str(), sys::open_tree_clone | sys::at_recursive);
  if (tree < 0) return tree;
  const Fd owned(static_cast<int>(tree));
  return sys::move_mount(owned.get(), "", AT_FDCWD, path.c_str(), sys::move_mount_from_fd);
}

}  // namespace

Whereabouts::Whereabouts()
    : mounts_(must_open("/proc/self/ns/mnt", O_RDONLY)),
      root_(must_open("/", O_PATH)),
      cwd_(must_open(".", O_PATH)) {}

void Whereabouts::go_back() const {
  // Joining it sets both directories to its own root.
  if (::setns(mounts_.get(), CLONE_NEWNS) != 0 || ::fchdir(root_.get()) != 0 ||
      ::chroot(".") != 0 || ::fchdir(cwd_.get()) != 0)
    throw_errno(errno, "go back to the host's mount namespace");
}

CriuRoot::CriuRoot(std::string path, const std::string& rootfs) : path_(std::move(path)) {
  if (::unshare(CLONE_NEWNS) != 0) throw_errno(errno, "make mount namespace");
  away_ = true;
  const long result = show(rootfs, path_);
  if (result == 0) return;
  leave();
  ::rmdir(path_.c_str());
  throw_errno(static_cast<int>(-result), "mount root file system", rootfs);
}

CriuRoot::~CriuRoot() {
  if (away_) try {
      leave();
    } catch (const Error&) {
      // An error is on its way already.
    }
  ::rmdir(path_.c_str());
}

void CriuRoot::leave() {
  away_ = false;
  host_.go_back();
}

void make_root_readonly(pid_t pid) {
  const Whereabouts host;
  const Fd mounts = must_open(("/proc/" + std::to_string(pid) + "/ns/mnt").c_str(), O_RDONLY);
  if (::setns(mounts.get(), CLONE_NEWNS) != 0) throw_errno(errno, "join mount namespace");
  sys::mount_attr attr;
  attr.attr_set = sys::mount_rdonly;
  const long result = sys::mount_setattr(AT_FDCWD, "/", 0, attr);
  host.go_back();
  if (result < 0) throw_errno(static_cast<int>(-result), "make root file system read-only");
}

}  // namespace containerlib::bundle
