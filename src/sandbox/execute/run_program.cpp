#include "sandbox/execute/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "linux/syscalls.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::sandbox {
namespace {

/// The program does not outlive a caller that is killed: nobody would know of it any more.
void die_with(pid_t caller) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != caller) ::_exit(127);
}

[[noreturn]] void become(const Program& program, pid_t caller) {
  die_with(caller);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // A container may have no /dev/null; then it keeps what it got.
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int input = program.input >= 0 ? program.input : null;
  if (input >= 0) ::dup2(input, 0);
  if (null >= 0) ::dup2(null, 1);
  sys::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  if (!program.dir || ::chdir(program.dir) == 0)
    sys::raw(SYS_execve, program.path, program.args, program.env);
  ::_exit(127);
}

std::int64_t milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

/// 0, -ETIMEDOUT or another -errno.
int await_end(int pid, int timeout) {
  const long handle = sys::pidfd_open(pid);
  if (handle < 0) return static_cast<int>(handle);
  pollfd ended{static_cast<int>(handle), POLLIN, 0};
  const std::int64_t end = milliseconds() + std::int64_t{timeout} * 1000;
  int result = 0;
  do {
    const std::int64_t left = end - milliseconds();
    result = left <= 0 ? 0 : ::poll(&ended, 1, static_cast<int>(left));
  } while (result < 0 && errno == EINTR);
  const int error = errno;
  ::close(ended.fd);
  return result > 0 ? 0 : result == 0 ? -ETIMEDOUT : -error;
}

int reap(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  if (WIFSIGNALED(status)) return -(program_killed + WTERMSIG(status));
  return WEXITSTATUS(status) ? -(program_exited + WEXITSTATUS(status)) : 0;
}

}  // namespace

int run_program(const Program& program) {
  // Before, so that the usual mistakes are told with their errno.
  if (long r = sys::raw(SYS_faccessat2, AT_FDCWD, program.path, X_OK, AT_EACCESS); r < 0)
    return static_cast<int>(r);
  const pid_t own = ::getpid();
  const long pid = clone_process(0, -1);
  if (pid < 0) return static_cast<int>(pid);
  if (pid == 0) become(program, own);
  const int waited = program.timeout ? await_end(static_cast<int>(pid), program.timeout) : 0;
  if (waited < 0) ::kill(static_cast<pid_t>(pid), SIGKILL);
  const int result = reap(static_cast<int>(pid));
  return waited < 0 ? waited : result;
}

}  // namespace containerlib::sandbox
