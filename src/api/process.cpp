#include <csignal>

#include "api/impl.hpp"
#include "base/error.hpp"

CONTAINERLIB_BEGIN_NAMESPACE

/// It does not outlive its handle. A process that cannot be waited for has ended with the monitor.
Process::Impl::~Impl() {
  if (!command.session || !command.engine->in_own_process()) return;
  try {
    command.kill(SIGKILL);
    command.wait(std::chrono::seconds(10));
  } catch (const std::exception& error) {
    command.engine->log(LogLevel::warning, error.what());
  }
}

Process::Process(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

int Process::pid() const noexcept { return impl_->command.session->pid; }

ExitStatus Process::wait() { return *wait_for(Milliseconds(-1)); }

std::optional<ExitStatus> Process::wait_for(Milliseconds timeout) {
  impl_->command.engine->check_process("wait for process");
  runtime::Command& command = impl_->command;
  return runtime::wait_checked(
      runtime::StopCheck(*command.engine, "wait for process", std::to_string(pid())), timeout,
      [&](Milliseconds slice) { return command.wait(slice); });
}

std::optional<ExitStatus> Process::try_wait() { return wait_for(Milliseconds(0)); }

int Process::wait_handle() const noexcept { return impl_->command.session->wait_handle(); }

void Process::kill(int signal) {
  impl_->command.engine->check_process("kill process");
  impl_->command.kill(signal);
}

Fd Process::take_in() { return impl_->take(impl_->command.ends[0]); }
Fd Process::take_out() { return impl_->take(impl_->command.ends[1]); }
Fd Process::take_err() { return impl_->take(impl_->command.ends[2]); }
Fd Process::take_terminal() { return impl_->take(impl_->command.terminal); }

CONTAINERLIB_END_NAMESPACE
