#include "cli/attach.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/pump.hpp"
#include "cli/terminal.hpp"

namespace containerlib::cli {
namespace {

// Not the ones that tell of our own children, faults, pipes and job control.
constexpr std::array relayed = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

// A workload whose terminal has gone has so long to end by itself.
constexpr std::chrono::milliseconds hang_up_grace(1000);

void send(const Foreground& foreground, int signal) {
  try {
    foreground.kill(signal);
  } catch (const Error&) {  // it has just ended
  }
}

/// What happens while a workload runs, until it has ended or is left alone.
class Watch {
 public:
  Watch(const SignalRelay& signals, const Foreground& foreground, std::vector<int> outputs_failed)
      : signals_(signals), foreground_(foreground) {
    polled_ = {{foreground.wait_handle, POLLIN, 0}, {signals.descriptor(), POLLIN, 0}};
    for (const int fd : outputs_failed) polled_.push_back({fd, POLLIN, 0});
    // A hang-up is told whatever is asked for (poll(2)). Input that is not read may go.
    for (const int fd : {0, 1, 2})
      if (is_terminal(fd) && (fd > 0 || foreground.interactive)) polled_.push_back({fd, 0, 0});
  }

  /// False: it goes on without us.
  bool run() {
    if (foreground_.wait_handle < 0) return true;  // it has ended before we came
    for (;;) {
      wait();
      if (polled_[1].revents) pass_on();
      if (polled_[0].revents) return true;
      if (kill_at_ && Clock::now() >= *kill_at_) {
        kill_at_.reset();
        send(foreground_, SIGKILL);
      }
      if (!is_lost()) continue;
      if (!foreground_.ends_with_us) return false;
      hang_up();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t losses = 2;  ///< what is polled from here on tells of a loss

  void wait() {
    int timeout = -1;
    if (kill_at_)
      timeout = static_cast<int>(std::max<std::int64_t>(
          0, std::chrono::ceil<std::chrono::milliseconds>(*kill_at_ - Clock::now()).count()));
    if (poll(polled_.data(), polled_.size(), timeout) >= 0) return;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    for (pollfd& each : polled_) each.revents = 0;
  }

  bool is_lost() const {
    return std::any_of(polled_.begin() + losses, polled_.end(),
                       [](const pollfd& each) { return each.revents != 0; });
  }

  void hang_up() {
    polled_.resize(losses);
    send(foreground_, SIGHUP);
    kill_at_ = Clock::now() + hang_up_grace;
  }

  void pass_on() {
    signalfd_siginfo info = {};
    if (read(signals_.descriptor(), &info, sizeof info) != sizeof info) return;
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGWINCH) {
      if (foreground_.terminal) set_terminal_size(foreground_.terminal.get(), terminal_size());
    } else if ((signal == SIGINT || signal == SIGTERM) && ++asked_to_end_ == 3) {
      fmt::print(stderr, "\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n");
      send(foreground_, SIGKILL);
    } else {
      send(foreground_, signal);
    }
  }

  const SignalRelay& signals_;
  const Foreground& foreground_;
  std::vector<pollfd> polled_;
  std::optional<Clock::time_point> kill_at_;
  int asked_to_end_ = 0;
};

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Of a reader that has gone nobody needs to be told.
void complain_of_output(const std::optional<Pump>& pump) {
  if (!pump || pump->error() == 0 || pump->error() == EPIPE || pump->error() == EIO) return;
  fmt::print(stderr, "containerlib: cannot write the output: {}\n",
             std::generic_category().message(pump->error()));
}

Fd duplicate(int fd) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw std::system_error(errno, std::generic_category(), "dup");
  return copy;
}

}  // namespace

SignalRelay::SignalRelay(bool all) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : relayed)
    if (signal == SIGWINCH || (all && !is_ignored(signal))) sigaddset(&set, signal);
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

std::optional<ExitStatus> attend(const SignalRelay& signals, Foreground foreground,
                                 int output_failed) {
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
  std::vector<int> outputs_failed = {output_failed};
  for (const std::optional<Pump>* pump : {&out, &err})
    if (*pump) outputs_failed.push_back((*pump)->failed_handle());
  if (!Watch(signals, foreground, std::move(outputs_failed)).run()) return std::nullopt;
  const ExitStatus status = foreground.wait();
  complain_of_output(out);
  complain_of_output(err);
  return status;
}

int exit_code(const std::optional<ExitStatus>& status) {
  if (!status) return 128 + SIGHUP;
  if (status->kind == ExitStatus::Kind::oom_killed)
    fmt::print(stderr, "containerlib: {}\n", status->message());
  return status->shell_code();
}

}  // namespace containerlib::cli
