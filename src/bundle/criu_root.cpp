#include "bundle/criu_root.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::bundle {
namespace {

Fd must_open(const char* path, int flags) {
  Fd fd(::open(path, flags | O_CLOEXEC));
  if (!fd) throw_errno(errno, "open", path);
  return fd;
}

}  // namespace

CriuRoot::CriuRoot(std::string path, const std::string& rootfs)
    : path_(std::move(path)), root_(must_open("/", O_PATH)), cwd_(must_open(".", O_PATH)) {
  Fd mounts = must_open("/proc/self/ns/mnt", O_RDONLY);
  if (::unshare(CLONE_NEWNS) != 0) throw_errno(errno, "make mount namespace");
  mounts_ = std::move(mounts);
  int failed = 0;
  // Slaves, so that what the container's mounts are to get from the host still comes.
  if (::mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
      (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) ||
      ::mount(rootfs.c_str(), path_.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    failed = errno;
  if (!failed) return;
  leave();
  ::rmdir(path_.c_str());
  throw_errno(failed, "mount root file system", rootfs);
}

CriuRoot::~CriuRoot() {
  if (mounts_) try {
      leave();
    } catch (const Error&) {
      // An error is on its way already.
    }
  ::rmdir(path_.c_str());
}

void CriuRoot::leave() {
  // Joining it sets both directories to its own root.
  if (::setns(mounts_.get(), CLONE_NEWNS) != 0 || ::fchdir(root_.get()) != 0 ||
      ::chroot(".") != 0 || ::fchdir(cwd_.get()) != 0)
    throw_errno(errno, "go back to the host's mount namespace");
  mounts_.reset();
}

}  // namespace containerlib::bundle
