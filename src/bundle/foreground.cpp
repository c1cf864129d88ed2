#include "bundle/foreground.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "base/error.hpp"

namespace containerlib::bundle {
namespace {

/// Those that the kernel raises for what this process does itself are not passed on.
sigset_t forwarded() {
  sigset_t set;
  ::sigfillset(&set);
  for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU,
                  SIGPIPE, SIGURG})
    ::sigdelset(&set, own);
  return set;
}

/// Our own terminal passes on each key as it is; set back at the end.
class RawTerminal {
 public:
  RawTerminal() {
    termios mode;
    if (::tcgetattr(0, &mode) != 0) return;
    before_ = mode;
    ::cfmakeraw(&mode);
    ::tcsetattr(0, TCSANOW, &mode);
  }
  RawTerminal(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (before_) ::tcsetattr(0, TCSANOW, &*before_);
  }

 private:
  std::optional<termios> before_;
};

/// Copies what there is. False at the end of `from`.
bool copy(int from, int to) {
  char buffer[16384];
  const ssize_t got = ::read(from, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  for (ssize_t done = 0; done < got;) {
    const ssize_t written = ::write(to, buffer + done, static_cast<std::size_t>(got - done));
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += written;
  }
  return got > 0;
}

std::optional<int> reap(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG | __WALL) != pid) return std::nullopt;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void forward(int signals, pid_t pid, int terminal) {
  signalfd_siginfo info;
  while (::read(signals, &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD) continue;
    if (signal == SIGWINCH && terminal >= 0) {
      copy_size(terminal);
    } else {
      ::kill(pid, signal);
    }
  }
}

}  // namespace

void copy_size(int terminal) {
  winsize size;
  if (::ioctl(0, TIOCGWINSZ, &size) == 0) ::ioctl(terminal, TIOCSWINSZ, &size);
}

ForwardedSignals::ForwardedSignals() {
  const sigset_t set = forwarded();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw_errno(errno, "make signalfd");
}

int wait_in_foreground(const ForwardedSignals& signals, pid_t pid, Fd terminal) {
  std::optional<RawTerminal> raw;
  if (terminal) {
    copy_size(terminal.get());
    raw.emplace();
  }
  bool has_input = static_cast<bool>(terminal);
  for (;;) {
    pollfd waiting[] = {
        {signals.fd(), POLLIN, 0}, {terminal.get(), POLLIN, 0}, {has_input ? 0 : -1, POLLIN, 0}};
    if (::poll(waiting, 3, -1) < 0 && errno != EINTR) throw_errno(errno, "wait for container");
    if (waiting[1].revents && !copy(terminal.get(), 1)) terminal.reset();
    if (waiting[2].revents) has_input = terminal && copy(0, terminal.get());
    if (!waiting[0].revents) continue;
    forward(signals.fd(), pid, terminal.get());
    if (const std::optional<int> code = reap(pid)) {
      // What it printed last.
      pollfd rest{terminal.get(), POLLIN, 0};
      while (terminal && ::poll(&rest, 1, 0) > 0 && copy(terminal.get(), 1)) {
      }
      return *code;
    }
  }
}

}  // namespace containerlib::bundle
