#include "cli/attach.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "cli/arguments.hpp"
#include "cli/pump.hpp"
#include "cli/terminal.hpp"

namespace containerlib::cli {
namespace {

// Not the ones that tell of our own children, faults, pipes and job control.
constexpr std::array relayed = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

void pass_on(const SignalRelay& signals, const Foreground& foreground) {
  signalfd_siginfo info = {};
  if (read(signals.descriptor(), &info, sizeof info) != sizeof info) return;
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGWINCH) {
    if (foreground.terminal) set_terminal_size(foreground.terminal.get(), terminal_size());
    return;
  }
  try {
    foreground.kill(signal);
  } catch (const Error&) {  // it has just ended
  }
}

void watch(const SignalRelay& signals, const Foreground& foreground) {
  std::array<pollfd, 2> polled = {
      {{foreground.wait_handle, POLLIN, 0}, {signals.descriptor(), POLLIN, 0}}};
  for (;;) {
    const int ready = poll(polled.data(), polled.size(), -1);
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready < 0) continue;
    if (polled[1].revents) pass_on(signals, foreground);
    if (polled[0].revents) return;
  }
}

Fd duplicate(int fd) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw std::system_error(errno, std::generic_category(), "dup");
  return copy;
}

}  // namespace

SignalRelay::SignalRelay() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : relayed) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  signal(SIGPIPE, SIG_IGN);  // a closed output ends the copying, and with it the container's output
  fd_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

SignalRelay::~SignalRelay() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void StandardStreams::check() const {
  if (tty && interactive && !is_terminal(0))
    throw UsageError("-t with -i needs a terminal, and standard input is none");
}

Stream StandardStreams::stream(int fd) {
  return is_terminal(fd) ? Stream::pipe() : Stream::inherit();
}

TerminalSize StandardStreams::size() { return terminal_size(); }

ExitStatus attend(const SignalRelay& signals, Foreground foreground) {
  std::optional<RawTerminal> raw;
  std::optional<Pump> in, out, err;
  if (foreground.terminal) {
    if (foreground.interactive) raw.emplace();
    if (foreground.interactive) in.emplace(STDIN_FILENO, duplicate(foreground.terminal.get()));
    out.emplace(duplicate(foreground.terminal.get()), 1);
  } else {
    if (foreground.in) in.emplace(STDIN_FILENO, std::move(foreground.in));
    if (foreground.out) out.emplace(std::move(foreground.out), 1);
    if (foreground.err) err.emplace(std::move(foreground.err), 2);
  }
  watch(signals, foreground);
  return foreground.wait();
}

int exit_code(const ExitStatus& status) {
  if (status.kind == ExitStatus::Kind::oom_killed)
    fmt::print(stderr, "containerlib: {}\n", status.message());
  return status.shell_code();
}

}  // namespace containerlib::cli
