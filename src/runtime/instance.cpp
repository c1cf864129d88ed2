#include "runtime/instance.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <sstream>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "runtime/engine.hpp"
#include "runtime/text_file.hpp"

// What an Instance knows of its container: from the session of one started here, else from the
// container's files.
namespace containerlib::runtime {
namespace {

using State = monitor::LifeRecord::State;

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

Life Instance::life() const {
  const Fd file = open_life(directory(), O_RDONLY);
  return file ? life_now(file.get()) : Life{};
}

void Instance::require_here(const Life& life, const char* operation) const {
  if (life.record.state == State::running && life.run_root != engine_->run_root())
    throw_error(Errc::in_use, operation, identity_.name,
                "it runs, started with run directory " + life.run_root);
}

std::optional<LiveState> Instance::running_state() const {
  // In this order: the monitor writes that it runs last, and first that it has ended.
  if (life().record.state != State::running) return {};
  auto state = engine_->states().read_held(identity_.id);
  if (!state || state->kind == LiveState::Kind::held || state->pid == 0) return {};
  return state;
}

LiveState Instance::require_running(const char* operation) const {
  if (auto state = running_state()) return std::move(*state);
  require_here(life(), operation);
  throw_error(Errc::not_running, operation, identity_.name);
}

std::optional<Claim> Instance::claim_life(Errc when_held, const char* operation) const {
  Fd file = open_life(directory(), O_RDWR);
  if (!file) return {};
  auto claim = Claim::take(std::move(file), "life");
  if (!claim) {
    const std::string run_root = life().run_root;
    throw_error(when_held, operation, identity_.name,
                run_root.empty() || run_root == engine_->run_root()
                    ? ""
                    : "it was started with run directory " + run_root);
  }
  struct stat status;
  // Whoever had one before may have removed the container.
  if (::fstat(claim->fd(), &status) != 0 || status.st_nlink == 0) return {};
  return claim;
}

std::shared_ptr<monitor::Session> Instance::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

bool Instance::is_owned() const noexcept {
  const std::lock_guard lock(mutex_);
  return owned_;
}

Fd Instance::open_process(const Life& life, const char* operation) const {
  if (life.record.state != State::running) return {};
  require_here(life, operation);
  Fd fd(static_cast<int>(sys::pidfd_open(life.record.pid)));
  if (!fd || !is_namespace_init(life.record.pid)) return {};
  // In this order: from here on the descriptor means what was checked.
  const monitor::LifeRecord now = this->life().record;
  const bool same = now.state == State::running && now.started_ns == life.record.started_ns;
  return same ? std::move(fd) : Fd();
}

std::shared_ptr<const Instance::Watched> Instance::watched() const {
  {
    const std::lock_guard lock(mutex_);
    if (watched_) return watched_;
  }
  Fd file = open_life(directory(), O_RDONLY);
  if (!file) return nullptr;
  const Life life = life_now(file.get());
  Fd process = open_process(life, "wait for container");
  if (!process) return nullptr;
  auto fresh = std::make_shared<const Watched>(
      Watched{std::move(process), std::move(file), life.record.started_ns});
  const std::lock_guard lock(mutex_);
  if (!watched_) watched_ = std::move(fresh);
  return watched_;
}

ExitStatus Instance::status_of(const monitor::ExitRecord& record) const {
  return to_status(record, definition().limits.memory);
}

}  // namespace containerlib::runtime
