#pragma once
#include <signal.h>
#include <containerlib/containerlib.hpp>

#include <functional>
#include <optional>

// Being the foreground of a container or of a process in one.
namespace containerlib::cli {

/// Holds back, from its construction to its end, the signals that a foreground command passes on,
/// so that none is lost while the container starts. What the caller of the command ignores (SIGHUP
/// below nohup, SIGINT of a shell's background job) stays ignored. Make it before the first thread.
class SignalRelay {
 public:
  /// `all` false: the size of the window alone is passed on, and the others do to this command what
  /// they do to any.
  explicit SignalRelay(bool all = true);
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;
  int descriptor() const noexcept { return fd_.get(); }

 private:
  Fd fd_;
  sigset_t before_;
};

/// What `-i` and `-t` ask for, as an options struct wants it. A stream of ours is given away as it
/// is, but for a terminal, on which a container could read the user's keys even through its output.
struct StandardStreams {
  bool interactive = false, tty = false;
  /// Throws UsageError: a terminal is asked for and standard input is none.
  void check() const;
  template <class Options>
  void apply(Options& options) const {
    options.tty = tty;
    if (tty) options.terminal_size = size();
    options.in = interactive ? stream(0) : Stream::discard();
    options.out = stream(1);
    options.err = stream(2);
  }

 private:
  static Stream stream(int fd);
  static TerminalSize size();
};

/// What is attended to; the descriptors are the host's ends, empty ones are left alone.
struct Foreground {
  Fd in = {}, out = {}, err = {}, terminal = {};
  bool interactive = false;
  int wait_handle = -1;
  /// Whether it ends when its terminal or the reader of its output has gone.
  bool ends_with_us = true;
  std::function<void(int signal)> kill;
  std::function<ExitStatus()> wait;
};
template <class Owner>
Foreground foreground(Owner& owner, bool interactive) {
  return {.in = owner.take_in(),
          .out = owner.take_out(),
          .err = owner.take_err(),
          .terminal = owner.take_terminal(),
          .interactive = interactive,
          .wait_handle = owner.wait_handle(),
          .kill = [&owner](int signal) { owner.kill(signal); },
          .wait = [&owner] { return owner.wait(); }};
}

/// Copies the streams, passes signals and the window's size on, and waits for the end. A third
/// SIGINT or SIGTERM is SIGKILL. When our terminal has hung up or our output is read no more, the
/// workload gets SIGHUP and soon after SIGKILL; one that does not end with us is left alone, and
/// there is no status.
/// `output_failed`, unless it is -1, polls readable when output that others copy is read no more.
std::optional<ExitStatus> attend(const SignalRelay&, Foreground, int output_failed = -1);

/// The command's exit code, without a status that of SIGHUP; says so on standard error when the
/// kernel had to kill for memory.
int exit_code(const std::optional<ExitStatus>&);

}  // namespace containerlib::cli
