#include "bundle/criu_root.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
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
  // Slaves, so that what the container's mounts are to get from the host still comes.
  if (::mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 &&
      (::mkdir(path_.c_str(), 0700) == 0 || errno == EEXIST) &&
      ::mount(rootfs.c_str(), path_.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0)
    return;
  const int failed = errno;
  leave();
  ::rmdir(path_.c_str());
  throw_errno(failed, "mount root file system", rootfs);
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
