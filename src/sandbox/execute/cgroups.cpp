#include "sandbox/execute/cgroups.hpp"

#include <sys/stat.h>

#include <climits>
#include <cstring>
#include <initializer_list>

#include "linux/device_program.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"

namespace containerlib::sandbox {
namespace {

struct Path {
  char text[PATH_MAX];
  /// Copies `head` and `tail`; empty when they are too long.
  Path(const char* head, std::size_t size, const char* tail) {
    const std::size_t more = std::strlen(tail) + 1;
    text[0] = '\0';
    if (size + more > sizeof text) return;
    std::memcpy(text, head, size);
    std::memcpy(text + size, tail, more);
  }
  Path(const char* head, const char* tail) : Path(head, std::strlen(head), tail) {}
};

std::size_t parent_size(const char* path, std::size_t size) {
  while (size > 0 && path[size - 1] != '/') --size;
  return size > 0 ? size - 1 : 0;
}
std::size_t parent_size(const char* path) { return parent_size(path, std::strlen(path)); }

/// Bytes read, 0 for an empty or missing file. A NUL follows them.
std::size_t read_from(const char* path, char* out, std::size_t size) {
  out[0] = '\0';
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = ::read(fd, out, size - 1);
  ::close(fd);
  if (got <= 0) return 0;
  out[got] = '\0';
  return static_cast<std::size_t>(got);
}

/// Hands all controllers of a new v2 group on to its sub-groups; v1 has no such file.
void enable_all(const char* group) {
  char have[256], want[512];
  std::size_t size = read_from(Path(group, "/cgroup.controllers").text, have, sizeof have);
  std::size_t n = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (have[i] != '\n' && (i == 0 || have[i - 1] == ' ')) want[n++] = '+';
    want[n++] = have[i];
  }
  if (n) write_to(Path(group, "/cgroup.subtree_control").text, want, n);
}

/// Makes the highest group that is missing above `path`: 0 or -errno.
int make_parent(const char* path) {
  std::size_t size = parent_size(path);
  for (;;) {
    const std::size_t up = parent_size(path, size);
    if (up == 0 || ::access(Path(path, up, "").text, F_OK) == 0) break;
    size = up;
  }
  const Path parent(path, size, "");
  if (::mkdir(parent.text, 0755) != 0) return errno == EEXIST ? 0 : -errno;
  enable_all(parent.text);
  return 0;
}

/// Whether the blank-separated list has the name.
bool has_name(const char* list, const char* name) {
  const std::size_t size = std::strlen(name);
  for (const char* at = list; (at = std::strstr(at, name)); at += size)
    if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\n' || at[size] == '\0'))
      return true;
  return false;
}

/// One at a time: the kernel takes a list as a whole or not at all. The first error.
int enable(const char* control, const char* enabled, const char* names, std::size_t size) {
  int error = 0;
  for (const char* name = names; name < names + size; name += std::strlen(name) + 1) {
    if (has_name(enabled, name)) continue;
    const Path word("+", name);
    const int r = write_to(control, word.text, std::strlen(word.text));
    if (r < 0 && error == 0) error = r;
  }
  return error;
}

/// cpuset.cpus and cpuset.mems of a v1 group from its parent, when it has none (cpusets(7)).
int inherit_cpuset(const char* group, std::size_t size) {
  const std::size_t up = parent_size(group, size);
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    char value[4096];
    const Path own(group, size, file);
    if (read_from(own.text, value, sizeof value) > 1) continue;  // more than a newline
    std::size_t n = read_from(Path(group, up, file).text, value, sizeof value);
    if (int r = write_to(own.text, value, n); r < 0) return r;
  }
  return 0;
}

bool has_cpus(const char* group, std::size_t size) {
  char cpus[4096], mems[4096];
  return read_from(Path(group, size, "/cpuset.cpus").text, cpus, sizeof cpus) > 1 &&
         read_from(Path(group, size, "/cpuset.mems").text, mems, sizeof mems) > 1;
}

/// A missing file is none that could be given away.
int give(const char* path, std::uint32_t uid) {
  return ::chown(path, uid, static_cast<gid_t>(-1)) == 0 || errno == ENOENT ? 0 : -errno;
}

}  // namespace

int write_to(const char* path, const char* value, std::size_t size) {
  int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = ::write(fd, value, size) < 0 ? -errno : 0;
  ::close(fd);
  return result;
}

int make_cgroup(const char* path, bool may_exist) {
  // Groups above go with the last group in them, perhaps between these calls.
  for (int tries = 0; tries < 64; ++tries) {
    if (::mkdir(path, 0755) == 0) return 0;
    if (errno == EEXIST && may_exist) return 0;
    if (errno != ENOENT) return -errno;
    if (int r = make_parent(path); r < 0 && r != -ENOENT) return r;
  }
  return -ENOENT;
}

int enable_controllers(const Launch& l, const EnableControllers& s) {
  const Path control(l.plan.str(s.group), "/cgroup.subtree_control");
  char enabled[512];
  read_from(control.text, enabled, sizeof enabled);
  enable(control.text, enabled, l.plan.str(s.wanted), s.wanted.size);
  return enable(control.text, enabled, l.plan.str(s.needed), s.needed.size);
}

int init_cpuset(const char* group) {
  // Down from the lowest group that has some: the root always has.
  std::size_t size = std::strlen(group), done = size;
  while (done > 0 && !has_cpus(group, done)) done = parent_size(group, done);
  while (done < size) {
    const char* next = std::strchr(group + done + 1, '/');
    done = next ? static_cast<std::size_t>(next - group) : size;
    if (int r = inherit_cpuset(group, done); r < 0) return r;
  }
  return 0;
}

int write_setting(const Launch& l, const WriteFile& s) {
  int r = write_to(l.plan.str(s.path), l.plan.str(s.value), s.value.size);
  if (r == -ENOENT && s.other_path.size)
    r = write_to(l.plan.str(s.other_path), l.plan.str(s.other_value), s.other_value.size);
  return r == -ENOENT && s.optional ? 0 : r;
}

int filter_devices(const Launch& l, const FilterDevices& s) {
  const int group = ::open(l.plan.str(s.group), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (group < 0) return -errno;
  const auto* program = reinterpret_cast<const bpf_insn*>(l.plan.str(s.program));
  const int r = sys::set_device_program(group, program, s.program.size / sizeof(bpf_insn));
  ::close(group);
  return r;
}

int give_cgroup(const char* group, std::uint32_t uid) {
  char files[1024];
  // Before Linux 4.15, what config-linux.md says.
  constexpr char few[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
  if (read_from("/sys/kernel/cgroup/delegate", files, sizeof files) == 0)
    std::memcpy(files, few, sizeof few);
  if (int r = give(group, uid); r < 0) return r;
  for (char *name = files, *end; (end = std::strchr(name, '\n')); name = end + 1) {
    *end = '\0';
    const Path directory(group, "/");
    if (int r = give(Path(directory.text, name).text, uid); r < 0) return r;
  }
  return 0;
}

int join_cgroup(const char* procs, int pid) {
  const ProcPath digits("", pid, "");
  return write_to(procs, digits.text, std::strlen(digits.text));
}

}  // namespace containerlib::sandbox
