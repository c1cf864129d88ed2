#include "sandbox/execute/settings.hpp"

#include <linux/sched.h>
#include <sys/personality.h>

#include "linux/syscalls.hpp"
#include "sandbox/execute/label.hpp"
#include "sandbox/execute/trees.hpp"

namespace containerlib::sandbox {
namespace {

/// A file of the procfs itself, not of what is mounted below it: a descriptor or -errno. `self`: by
/// the link of that name.
int open_in_proc(int proc, const char* path, bool self, std::uint64_t mode = O_WRONLY) {
  std::uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV;
  if (!self) resolve |= RESOLVE_NO_SYMLINKS;
  return static_cast<int>(sys::openat2(proc, path, mode, resolve));
}

int write_and_close(int fd, const char* text, std::size_t size) {
  const int result = ::write(fd, text, size) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

/// A procfs that no process can reach by a path, and so none can cover or replace a file of it:
/// new, or a copy of the mount at /proc. Where neither may be made (an ordinary user), /proc
/// itself.
int detached_proc() {
  long mount = -EPERM;
  const long fs = sys::fsopen("proc");
  if (fs >= 0) {
    const int fd = static_cast<int>(fs);
    mount = sys::fsconfig(fd, sys::fsconfig_create, nullptr, nullptr, 0);
    if (mount >= 0) mount = sys::fsmount(fd, 0);
    ::close(fd);
    // In a user namespace a mount below /proc may be locked: the copy is one of all of them then.
    if (mount < 0)
      mount = sys::open_tree(AT_FDCWD, "/proc", sys::open_tree_clone | sys::at_recursive);
  }
  return mount >= 0 ? static_cast<int>(mount) : ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

int open_proc(Launch& l, const OpenProc& s) {
  const int proc = detached_proc();
  if (proc < 0) return -errno;
  l.slots[s.out] = proc;
  return is_procfs_root(proc) ? 0 : -EXDEV;
}

int set_time_offsets(const Launch& l, const TimeOffsets& s) {
  if (long r = sys::raw(SYS_unshare, CLONE_NEWTIME); r < 0) return static_cast<int>(r);
  if (s.offsets.size == 0) return 0;
  const int file = open_in_proc(l.slots[s.proc], "self/timens_offsets", true);
  return file < 0 ? file : write_and_close(file, l.plan.str(s.offsets), s.offsets.size);
}

int set_personality(const SetPersonality& s) { return ::personality(s.persona) < 0 ? -errno : 0; }

int set_sysctl(const Launch& l, const SetSysctl& s) {
  const int file = open_in_proc(l.slots[s.proc], l.plan.str(s.path), false);
  return file < 0 ? file : write_and_close(file, l.plan.str(s.value), s.value.size);
}

int write_label(const Launch& l, const WriteLabel& s) {
  const int proc = l.slots[s.proc];
  int file =
      s.apparmor ? open_in_proc(proc, "thread-self/attr/apparmor/exec", true, O_RDWR) : -ENOENT;
  // Before Linux 5.8 there was one for whichever module came first; SELinux has no other.
  if (file == -ENOENT) file = open_in_proc(proc, "thread-self/attr/exec", true, O_RDWR);
  if (file < 0) return file;
  const char* value = l.plan.str(s.value);
  int result = ::write(file, value, s.value.size) < 0 ? -errno : 0;
  // Read back, for a label that did not take is a process without its confinement.
  char now[4096];
  const ssize_t size = result == 0 ? ::pread(file, now, sizeof now, 0) : 0;
  if (size < 0) result = -errno;
  const std::string_view read(now, static_cast<std::size_t>(size < 0 ? 0 : size));
  if (result == 0 && !is_label(read, {value, s.value.size}, s.apparmor)) result = -EBADMSG;
  ::close(file);
  return result;
}

}  // namespace containerlib::sandbox
