#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>

#include "base/broken.hpp"
#include "linux/syscalls.hpp"
#include "monitor/running.hpp"

// Rootless: the monitor lives in a user namespace of the user's, with the subordinate ids of
// /etc/subuid and /etc/subgid when newuidmap(1) can map them, else with the one own id.
namespace containerlib::monitor {
namespace {

constexpr std::size_t argument_limit = 64;

/// Runs "newuidmap PID args…" (items separated by blanks) to its end; its exit code.
int run_tool(std::string_view dir, const char* name, const char* pid, std::string_view args) {
  char path[PATH_MAX], text[2048];
  const char* argv[argument_limit] = {path, pid};
  if (args.size() >= sizeof text || dir.size() + std::strlen(name) + 2 > sizeof path) return E2BIG;
  std::memcpy(path, dir.data(), dir.size());
  path[dir.size()] = '/';
  std::strcpy(path + dir.size() + 1, name);
  std::memcpy(text, args.data(), args.size());
  text[args.size()] = '\0';
  std::size_t n = 2;
  for (char* at = text; *at; ++n) {
    if (n + 1 == argument_limit) return E2BIG;
    argv[n] = at;
    at += std::strcspn(at, " ");
    if (*at) *at++ = '\0';
  }
  pid_t child = ::vfork();
  if (child == 0) {
    const char* env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    ::execve(path, const_cast<char**>(argv), const_cast<char**>(env));
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) < 0) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/// In a process that stays outside: a map of several ids is written from there (newuidmap(1)).
[[noreturn]] void map_from_outside(int socket, std::string_view tools, std::string_view uids,
                                   std::string_view gids) {
  char go, pid[16];
  if (::read(socket, &go, 1) != 1) ::_exit(1);
  pid[format(pid, ::getppid())] = '\0';
  int result = run_tool(tools, "newuidmap", pid, uids);
  if (result == 0) result = run_tool(tools, "newgidmap", pid, gids);
  ::_exit(result);
}

int write_text(const char* path, std::string_view text) {
  int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int result = ::write(fd, text.data(), text.size()) < 0 ? errno : 0;
  ::close(fd);
  return result;
}

int map_own_id(uid_t uid, gid_t gid) {
  char map[64] = "0 ";
  std::size_t n = 2 + format(map + 2, uid);
  std::memcpy(map + n, " 1", 3);
  if (int e = write_text("/proc/self/uid_map", {map, n + 2})) return e;
  if (int e = write_text("/proc/self/setgroups", "deny")) return e;
  n = 2 + format(map + 2, gid);
  std::memcpy(map + n, " 1", 3);
  return write_text("/proc/self/gid_map", {map, n + 2});
}

}  // namespace

int enter_user_namespace(std::string_view uid_args, std::string_view gid_args,
                         std::string_view tool_dir) {
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  const bool tools = !uid_args.empty();
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return errno;
  pid_t outside = -1;
  if (tools && (outside = ::fork()) == 0) {
    ::close(pair[0]);
    map_from_outside(pair[1], tool_dir, uid_args, gid_args);
  }
  ::close(pair[1]);
  int error = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? errno : 0;
  if (!error && tools && ::write(pair[0], "g", 1) != 1) error = errno;
  ::close(pair[0]);
  if (outside > 0) {
    int status = 0;
    ::waitpid(outside, &status, 0);
    if (!error && status != 0 && !broken("SEC-32")) error = EPERM;
  } else if (!error) {
    error = map_own_id(uid, gid);
  }
  if (error) return error;
  if (tools && ::setgroups(0, nullptr) < 0) return errno;
  if (::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0) return errno;
  return 0;
}

}  // namespace containerlib::monitor
