#include <fmt/format.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <thread>

#include "cli/attach.hpp"
#include "cli/human.hpp"
#include "cli/logs.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

// As docker has it. False: it runs already.
bool start_unless_running(Container& container) {
  const Result<void> started = container.try_start();
  if (!started && started.error().code() == Errc::already_running) return false;
  started.value();
  return true;
}

/// Prints what a container writes, on a thread of its own, until the container's end or its own.
class LogPrinter {
 public:
  LogPrinter(const Container& container, Time since)
      : failed_(eventfd(0, EFD_CLOEXEC)), thread_([this, &container, since](std::stop_token stop) {
          print(container, since, std::move(stop));
        }) {
    if (!failed_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  /// Polls readable once the output takes no more.
  int failed_handle() const noexcept { return failed_.get(); }
  void wait() { thread_.join(); }

 private:
  void print(const Container& container, Time since, std::stop_token stop) {
    try {
      const LogOptions options{.follow = true, .parts = true, .stop = std::move(stop)};
      if (print_logs(container.logs(options), {.since = since})) return;
    } catch (const std::exception& error) {
      complain(error);
    }
    eventfd_write(failed_.get(), 1);
  }

  Fd failed_;
  std::jthread thread_;
};

int start_attached(Context& context, const std::string& name, bool interactive, bool sig_proxy) {
  const SignalRelay signals(sig_proxy);
  Container container = context.container(name);
  const Time before = std::chrono::system_clock::now();
  start_unless_running(container);
  Foreground ends = foreground(container, interactive);
  ends.ends_with_us = false;
  if (interactive && !ends.terminal)
    fmt::print(stderr,
               "containerlib: warning: standard input is not passed on: the container was not made "
               "by `run -t` in the foreground\n");
  LogPrinter printer(container, before);
  const std::optional<ExitStatus> status =
      attend(signals, std::move(ends), printer.failed_handle());
  if (status) printer.wait();
  return exit_code(status);
}

}  // namespace

int start(Context& context, const Arguments& arguments) {
  CommandLine line("start [OPTIONS] CONTAINER...",
                   "Start containers that were made or have ended.");
  Arguments names;
  bool attach = false, interactive = false, sig_proxy = true;
  line.add_flag("-a,--attach", attach, "Show its output, pass signals on and wait for the end");
  line.add_flag("-i,--interactive", interactive,
                "As -a, and pass standard input on, if `run -t` made the container");
  line.add_flag("--sig-proxy", sig_proxy,
                "With -a pass signals on, which it does; with =false they end this command");
  line.add_names("CONTAINER", names);
  if (!line.read(arguments)) return 0;
  attach = attach || interactive;
  if (attach && names.size() != 1) throw UsageError("-a and -i are for one container");
  if (attach) return start_attached(context, names[0], interactive, sig_proxy);
  return for_each(names, [&](const std::string& name) {
    Container container = context.container(name);
    if (start_unless_running(container)) std::move(container).detach();
    fmt::print("{}\n", name);
  });
}

}  // namespace containerlib::cli
