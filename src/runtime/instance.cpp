#include "runtime/instance.hpp"

#include <cerrno>
#include <csignal>
#include <sstream>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "runtime/engine.hpp"
#include "runtime/exit_file.hpp"
#include "runtime/text_file.hpp"

// What an Instance knows of its container: from the session of one started here, else from the
// container's files.
namespace containerlib::runtime {
namespace {

/// Process 1 of a pid namespace below ours. Asked because a process id that was read from a file
/// may be another process's by now.
bool is_namespace_init(int pid) {
  std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream ids(line.substr(6));
    int count = 0, last = 0;
    while (ids >> last) ++count;
    return count > 1 && last == 1;
  }
  return false;
}

}  // namespace

Instance::Instance(std::shared_ptr<Engine> engine, Identity identity, StreamOptions streams,
                   bool owned)
    : engine_(std::move(engine)),
      identity_(std::move(identity)),
      streams_(std::move(streams)),
      owned_(owned) {}

Instance::~Instance() { ids_.hand_over(); }

std::string Instance::directory() const { return engine_->store().container_dir(identity_.id); }

std::string Instance::exit_path() const { return directory() + "/exit"; }

std::optional<monitor::ExitRecord> Instance::exit_record() const {
  return parse_exit_file(read_file(exit_path()));
}

std::optional<LiveState> Instance::running_state() const {
  auto state = engine_->states().read_held(identity_.id);
  // The monitor writes the exit line once it has reaped process 1, and cleans up after that.
  if (!state || state->kind == LiveState::Kind::held || state->pid == 0 || !state->exit.empty())
    return {};
  return state;
}

LiveState Instance::require_running(const char* operation) const {
  auto state = running_state();
  if (!state) throw_error(Errc::not_running, operation, identity_.name);
  return std::move(*state);
}

std::shared_ptr<monitor::Session> Instance::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

bool Instance::is_owned() const noexcept {
  const std::lock_guard lock(mutex_);
  return owned_;
}

Fd Instance::open_pidfd(const char* operation) const {
  const int pid = require_running(operation).pid;
  Fd fd(static_cast<int>(sys::pidfd_open(pid)));
  // In this order: from here on the descriptor means what was checked.
  if (fd && is_namespace_init(pid) && require_running(operation).pid == pid) return fd;
  throw_error(Errc::not_running, operation, identity_.name);
}

std::shared_ptr<const Instance::Watched> Instance::watched() const {
  {
    const std::lock_guard lock(mutex_);
    if (watched_) return watched_;
  }
  if (!running_state()) return nullptr;
  Fd state = engine_->states().open(identity_.id);
  auto fresh =
      std::make_shared<const Watched>(Watched{open_pidfd("watch container"), std::move(state)});
  const std::lock_guard lock(mutex_);
  if (!watched_) watched_ = std::move(fresh);
  return watched_;
}

ExitStatus Instance::status_of(const monitor::ExitRecord& record) const {
  return to_status(record, definition().limits.memory);
}

}  // namespace containerlib::runtime
