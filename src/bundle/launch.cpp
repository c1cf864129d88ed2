#include "bundle/launch.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.hpp"
#include "linux/message.hpp"
#include "sandbox/execute/outside.hpp"
#include "sandbox/execute/spawn.hpp"
#include "sandbox/failure.hpp"

namespace containerlib::bundle {
namespace {

using sandbox::Failure;

/// What a process says before it executes its program.
struct Said {
  enum { nothing, terminal, ready, failed } what = nothing;
  Failure failure;
  Fd terminal_fd;
};

Said hear(int socket) {
  Said said;
  char text[64];
  const sys::Received message = sys::receive_message(socket, text, sizeof text);
  if (message.count > 0) said.terminal_fd.reset(message.fds[0]);
  if (message.size < 0)
    throw_errno(static_cast<int>(-message.size), "hear from the container's process");
  if (message.cut) throw_errno(EMFILE, "hear from the container's process");
  if (message.size == sizeof said.failure) {
    std::memcpy(&said.failure, text, sizeof said.failure);
    said.what = Said::failed;
  } else if (message.size == 1) {
    said.what = said.terminal_fd ? Said::terminal : Said::ready;
  }
  return said;
}

/// One launch; a process that did not come to its end is killed and reaped.
class Launching {
 public:
  explicit Launching(const LaunchInput& input)
      : input_(input), bytes_(input.plan->bytes()), launch_(view_of(bytes_)) {
    launch_.tied = input.tied;
    launch_.start = input.start;
    launch_.lock = input.lock;
    launch_.preserved = input.preserved;
  }
  Launching(const Launching&) = delete;
  ~Launching() {
    sandbox::close_all(launch_);
    if (out_.pid <= 0 || done_) return;
    ::kill(out_.pid, SIGKILL);
    ::waitpid(out_.pid, nullptr, __WALL);
  }

  Launched run() {
    check(sandbox::execute_before(launch_));
    spawn();
    input_.on_spawned(out_.pid);
    if (const Failure failure = sandbox::execute_after(launch_, out_.pid); failure.errnum)
      fail(said_failure(failure));
    if (const int r = sandbox::release(launch_, out_.pid); r < 0)
      throw_errno(-r, "let the process go on");
    await();
    done_ = true;
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const Failure& failure) {
    sandbox::throw_failure(*input_.plan, failure.step, failure.errnum);
  }
  void check(const Failure& failure) {
    if (failure.errnum) fail(failure);
  }

  void spawn() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
      throw_errno(errno, "make socket");
    socket_.reset(pair[0]);
    Fd theirs(pair[1]);
    launch_.process = socket_.get();
    launch_.status = theirs.get();
    sandbox::Streams streams;
    for (int i = 0; i < 3; ++i) streams.child[i] = input_.streams[i];
    streams.join = input_.join;
    Failure failure{sandbox::no_step, 0};
    const long pid = sandbox::spawn(launch_, streams, failure);
    if (pid < 0) fail({failure.step, static_cast<std::int32_t>(-pid)});
    out_.pid = static_cast<pid_t>(pid);
  }

  /// What the process says it has failed at; else `ours`, which may have failed for want of it.
  Failure said_failure(const Failure& ours) {
    for (;;) {
      pollfd waiter{socket_.get(), POLLIN, 0};
      if (::poll(&waiter, 1, 0) <= 0) return ours;
      const Said said = hear(socket_.get());
      if (said.what == Said::failed) return said.failure;
      if (said.what == Said::nothing) return ours;
    }
  }

  void await() {
    for (;;) {
      Said said = hear(socket_.get());
      switch (said.what) {
        case Said::terminal: out_.terminal = std::move(said.terminal_fd); break;
        case Said::ready: return;
        case Said::failed: fail(said.failure);
        case Said::nothing:
          // The end of file: execve has closed the socket, or the process is gone.
          if (input_.start >= 0)
            throw_error(Errc::not_running, "create container", "",
                        "its process was killed before it was ready");
          return;
      }
    }
  }

  const LaunchInput& input_;
  const std::string bytes_;
  sandbox::Launch launch_;
  Fd socket_;
  Launched out_;
  bool done_ = false;
};

}  // namespace

sandbox::PlanView view_of(const std::string& bytes) {
  sandbox::PlanView out;
  if (!sandbox::valid(bytes.data(), bytes.size(), out))
    throw_error(Errc::invalid_option, "execute plan", "", "it is too long");
  return out;
}

Launched launch(const LaunchInput& input) { return Launching(input).run(); }

void await_execution(int socket, const std::function<sandbox::LaunchPlan()>& plan) {
  const Said said = hear(socket);
  if (said.what == Said::failed)
    sandbox::throw_failure(plan(), said.failure.step, said.failure.errnum);
}

}  // namespace containerlib::bundle
