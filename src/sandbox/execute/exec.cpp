#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstring>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/execute/process.hpp"

namespace containerlib::sandbox {
namespace {

const char* search_path(const char* const* env) {
  for (; *env; ++env)
    if (std::strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/// ELIBACC: the file is there, so ENOENT meant its interpreter (execve(2)).
int try_execve(const char* path, const char* const* args, const char* const* env) {
  const auto result = static_cast<int>(sys::raw(SYS_execve, path, args, env));
  if (result == -ENOENT && sys::raw(SYS_faccessat, AT_FDCWD, path, F_OK) == 0) return -ELIBACC;
  return result;
}

/// Could be executed: 0; else an error of execve(2).
int check_program(const char* path, const char* const*, const char* const*) {
  struct stat st;
  if (::stat(path, &st) < 0) return -errno;
  if (!S_ISREG(st.st_mode)) return -EACCES;
  return static_cast<int>(sys::raw(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS));
}

using Try = int(const char* path, const char* const* args, const char* const* env);

/// execvpe(3)'s search: what may not be executed is remembered, what is missing is passed over.
int search(Try& attempt, const char* const* args, const char* const* env) {
  if (!args[0] || !*args[0]) return -ENOENT;
  if (std::strchr(args[0], '/')) return attempt(args[0], args, env);
  int result = -ENOENT;
  const std::size_t name = std::strlen(args[0]);
  const char* dir = search_path(env);
  for (const char* end;; dir = end + 1) {
    end = dir + std::strcspn(dir, ":");
    std::size_t length = static_cast<std::size_t>(end - dir);
    char path[PATH_MAX];
    if (length + name + 2 <= sizeof path) {
      std::memcpy(path, dir, length);
      path[length] = '/';
      std::memcpy(path + (length ? length + 1 : 0), args[0], name + 1);
      int r = attempt(path, args, env);
      if (r != -ENOENT && r != -ENOTDIR && r != -ENAMETOOLONG) result = r;
      if (r != -ENOENT && r != -ENOTDIR && r != -EACCES && r != -ENAMETOOLONG) return r;
    }
    if (!*end) return result;
  }
}

int search(Try& attempt, Launch& l, const Execute& s) {
  const char** args = pointers(l.plan.str(s.args), s.args.size);
  const char** env = broken("SEC-48") ? const_cast<const char**>(environ)
                                      : pointers(l.plan.str(s.env), s.env.size);
  return args && env ? search(attempt, args, env) : -ENOMEM;
}

}  // namespace

const char** pointers(const char* list, std::uint32_t size) {
  std::size_t count = size ? 1 : 0;
  for (std::uint32_t i = 0; i < size; ++i) count += list[i] == '\0';
  void* memory = ::mmap(nullptr, (count + 1) * sizeof(char*), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto** out = static_cast<const char**>(memory);
  for (std::size_t i = 0; i < count; ++i, list += std::strlen(list) + 1) out[i] = list;
  return out;
}

int find_program(Launch& l, const Execute& s) { return search(check_program, l, s); }

int execute(Launch& l, const Execute& s) {
  if (l.tied) {
    // Set again as a change of ids clears it; then check that the monitor has not died before.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    pollfd peer{l.status, POLLIN, 0};
    if (::poll(&peer, 1, 0) > 0) return -ECANCELED;
  }
  if (!broken("SEC-22-descriptors")) sys::close_range(3 + l.preserved, ~0u, CLOSE_RANGE_CLOEXEC);
  return search(try_execve, l, s);
}

}  // namespace containerlib::sandbox
