#include "sandbox/execute/settings.hpp"

#include <linux/magic.h>
#include <sys/personality.h>
#include <sys/vfs.h>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

/// A file of the procfs itself, not of what is mounted below it: a descriptor or -errno. `self`: by
/// the link of that name.
int open_in_proc(int proc, const char* path, bool self) {
  std::uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV;
  if (!self) resolve |= RESOLVE_NO_SYMLINKS;
  return static_cast<int>(sys::openat2(proc, path, O_WRONLY, resolve));
}

int write_and_close(int fd, const char* text, std::size_t size) {
  const int result = ::write(fd, text, size) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

}  // namespace

int open_proc(Launch& l, const OpenProc& s) {
  const int proc = ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return -errno;
  l.slots[s.out] = proc;
  struct statfs fs;
  if (::fstatfs(proc, &fs) < 0) return -errno;
  return fs.f_type == PROC_SUPER_MAGIC ? 0 : -EXDEV;
}

int set_personality(const SetPersonality& s) { return ::personality(s.persona) < 0 ? -errno : 0; }

int set_sysctl(const Launch& l, const SetSysctl& s) {
  const int file = open_in_proc(l.slots[s.proc], l.plan.str(s.path), false);
  return file < 0 ? file : write_and_close(file, l.plan.str(s.value), s.value.size);
}

int write_label(const Launch& l, const WriteLabel& s) {
  const int proc = l.slots[s.proc];
  int file = s.apparmor ? open_in_proc(proc, "thread-self/attr/apparmor/exec", true) : -ENOENT;
  // Before Linux 5.8 there was one for whichever module came first; SELinux has no other.
  if (file == -ENOENT) file = open_in_proc(proc, "thread-self/attr/exec", true);
  return file < 0 ? file : write_and_close(file, l.plan.str(s.value), s.value.size);
}

}  // namespace containerlib::sandbox
