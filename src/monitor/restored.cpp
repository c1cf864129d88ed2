#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "monitor/running.hpp"
#include "sandbox/execute/spawn.hpp"

// A container that criu restores: criu is started like a container, and the process that it makes
// is a child of ours, too (its rst_sibling). Which one that is, the host hears from criu.
namespace containerlib::monitor {
namespace {

bool is_child(pid_t pid) {
  siginfo_t info{};
  return pid > 0 &&
         ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/// From the criu to what it has restored. 0 or errno.
int take_over(Monitor& m, Running& r, pid_t pid) {
  if (!is_child(pid)) return ECHILD;
  end_criu(m, r);
  r.pid = pid;
  const long handle = sys::pidfd_open(pid);
  if (handle < 0) return static_cast<int>(-handle);
  return watch(m, r.end, Source::Kind::end, &r, static_cast<int>(handle));
}

bool is_known(const Monitor& m, pid_t pid) {
  for (const Running* r = m.first; r; r = r->next)
    if (r->pid == pid) return true;
  return false;
}

bool is_restoring(const Monitor& m) {
  for (const Running* r = m.first; r; r = r->next)
    if (r->restoring) return true;
  return false;
}

/// The ids of our children (proc(5), "children": there wherever criu can work).
std::size_t read_children(char* out, std::size_t size) {
  char path[64] = "/proc/self/task/";
  const std::size_t n = std::strlen(path);
  std::strcpy(path + n + format(path + n, ::getpid()), "/children");
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = ::read(fd, out, size - 1);
  ::close(fd);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace

int await_restored(Monitor& m, Running& r) {
  const int channel = ::fcntl(r.channel, F_DUPFD_CLOEXEC, 3);
  return channel < 0 ? errno : watch(m, r.restored, Source::Kind::restored, &r, channel);
}

void end_criu(Monitor& m, Running& r) {
  unwatch(m, r.end);
  if (r.pid > 0) {
    ::kill(r.pid, SIGKILL);
    ::waitid(P_PID, static_cast<id_t>(r.pid), nullptr, WEXITED | __WALL);
  }
  r.pid = -1;
}

void abandon_restore(Monitor& m, Running& r) { report_failure(m, r, sandbox::no_step, ECANCELED); }

void on_restored_event(Monitor& m, Running& r) {
  Restored restored;
  const sys::Received message = sys::receive_message(r.restored.fd, &restored, sizeof restored);
  if (message.count > 0) r.terminal = message.fds[0];
  if (message.size != sizeof restored) return abandon_restore(m, r);
  if (int e = take_over(m, r, restored.pid)) return report_failure(m, r, sandbox::no_step, e);
  unwatch(m, r.restored);
  r.restoring = false;
  end_strays(m);
  on_started(m, r);
}

void end_strays(const Monitor& m) {
  // What another one makes is not known either.
  if (is_restoring(m)) return;
  static char text[64 * 1024];
  text[read_children(text, sizeof text)] = '\0';
  for (char *at = text, *end; (end = std::strchr(at, ' ')); at = end + 1) {
    const auto pid = static_cast<pid_t>(std::atoi(at));
    if (pid <= 0 || is_known(m, pid)) continue;
    ::kill(pid, SIGKILL);
    ::waitid(P_PID, static_cast<id_t>(pid), nullptr, WEXITED | __WALL);
  }
}

}  // namespace containerlib::monitor
