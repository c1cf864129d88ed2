#include "api/impl.hpp"
#include "base/error.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

/// For members that are given the state they need: throws in a forked child.
runtime::Instance& use(const std::unique_ptr<Container::Impl>& impl, const char* operation) {
  impl->instance->engine().check_process(operation);
  return *impl->instance;
}

}  // namespace

Container::Container(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Container::Container(Container&&) noexcept = default;

Container& Container::operator=(Container&& other) noexcept {
  Container old(std::move(impl_));
  impl_ = std::move(other.impl_);
  return *this;
}

Container::~Container() {
  // Asked first: in a forked child a lock may be held by a thread that is not there.
  if (!impl_ || !impl_->instance->engine().in_own_process()) return;
  if (!impl_->instance->is_owned()) return;
  try {
    impl_->instance->remove(true);
  } catch (const std::exception& error) {
    impl_->instance->engine().log(LogLevel::warning, error.what());
  }
}

const std::string& Container::id() const noexcept { return impl_->instance->identity().id; }
const std::string& Container::name() const noexcept { return impl_->instance->identity().name; }
ContainerInfo Container::inspect() const { return use(impl_, "inspect container").inspect(); }

void Container::start() { try_start().value(); }
Result<void> Container::try_start() {
  return catching([&] { use(impl_, "start container").start(); });
}

ExitStatus Container::wait() { return *wait_for(Milliseconds(-1)); }
std::optional<ExitStatus> Container::wait_for(Milliseconds timeout) {
  return use(impl_, "wait for container").wait(timeout);
}
std::optional<ExitStatus> Container::try_wait() { return wait_for(Milliseconds(0)); }
int Container::wait_handle() const noexcept { return impl_->instance->wait_handle(); }

void Container::kill(int signal) { try_kill(signal).value(); }
Result<void> Container::try_kill(int signal) {
  return catching([&] { use(impl_, "kill container").kill(signal); });
}

ExitStatus Container::stop(Milliseconds grace) { return use(impl_, "stop container").stop(grace); }

void Container::pause() { try_pause().value(); }
Result<void> Container::try_pause() {
  return catching([&] { use(impl_, "pause container").pause(); });
}
void Container::resume() { try_resume().value(); }
Result<void> Container::try_resume() {
  return catching([&] { use(impl_, "resume container").resume(); });
}

void Container::checkpoint(const std::filesystem::path& directory,
                           const CheckpointOptions& options) {
  try_checkpoint(directory, options).value();
}
Result<void> Container::try_checkpoint(const std::filesystem::path& directory,
                                       const CheckpointOptions& options) {
  return catching([&] { use(impl_, "checkpoint container").checkpoint(directory, options); });
}

Completed Container::exec(std::vector<std::string> args, const ExecOptions& options) {
  return try_exec(std::move(args), options).value();
}
Result<Completed> Container::try_exec(std::vector<std::string> args, const ExecOptions& options) {
  return catching(
      [&] { return use(impl_, "run command in container").exec(std::move(args), options); });
}

Process Container::spawn(std::vector<std::string> args, const ExecOptions& options) {
  return try_spawn(std::move(args), options).value();
}
Result<Process> Container::try_spawn(std::vector<std::string> args, const ExecOptions& options) {
  return catching([&] {
    auto process = std::make_unique<Process::Impl>();
    process->command = use(impl_, "run command in container").spawn(std::move(args), options);
    return Process(std::move(process));
  });
}

Stats Container::stats() const { return try_stats().value(); }
Result<Stats> Container::try_stats() const {
  return catching([&] { return use(impl_, "read statistics of container").stats(); });
}

LogReader Container::logs(const LogOptions& options) const {
  return LogReader(std::make_unique<LogReader::Impl>(
      LogReader::Impl{use(impl_, "read log of container").logs(options)}));
}

Fd Container::take_in() { return impl_->instance->take_stream(0); }
Fd Container::take_out() { return impl_->instance->take_stream(1); }
Fd Container::take_err() { return impl_->instance->take_stream(2); }
Fd Container::take_terminal() { return impl_->instance->take_terminal(); }
void Container::resize(TerminalSize size) {
  use(impl_, "resize terminal of container").resize(size);
}

void Container::remove(bool force) { try_remove(force).value(); }
Result<void> Container::try_remove(bool force) {
  return catching([&] { use(impl_, "remove container").remove(force); });
}

std::string Container::detach() && {
  runtime::Instance& instance = use(impl_, "detach container");
  instance.disown();
  return instance.identity().id;
}

CONTAINERLIB_END_NAMESPACE
