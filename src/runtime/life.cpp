#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "linux/syscalls.hpp"
#include "runtime/engine.hpp"
#include "runtime/exit_file.hpp"
#include "runtime/instance.hpp"
#include "runtime/invalid.hpp"
#include "runtime/launch.hpp"
#include "runtime/stop_check.hpp"
#include "runtime/text_file.hpp"

// The life of a container: start, wait, kill, stop, remove.
namespace containerlib::runtime {
namespace {

using Clock = std::chrono::steady_clock;

/// How long the monitor may take for what it does after the end, and a process to die of SIGKILL.
constexpr Milliseconds cleaning_time = std::chrono::seconds(2);
constexpr Milliseconds killing_time = std::chrono::seconds(10);

/// Polls readable within `timeout` (negative: ever).
bool poll_readable(int fd, Milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  for (;;) {
    int left = -1;
    if (timeout.count() >= 0)
      left = static_cast<int>(std::clamp<std::int64_t>(
          std::chrono::ceil<Milliseconds>(until - Clock::now()).count(), 0, 1'000'000));
    pollfd poll{fd, POLLIN, 0};
    const int n = ::poll(&poll, 1, left);
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for container");
    if (timeout.count() >= 0 && Clock::now() >= until) return false;
  }
}

/// Asks again and again, for the little while that it takes the monitor.
template <class Done>
bool wait_until(Done done) {
  const auto until = Clock::now() + cleaning_time;
  while (!done()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(Milliseconds(2));
  }
  return true;
}

}  // namespace

LiveState live_state(const Definition& definition, const Prepared& prepared, std::string directory,
                     bool owned) {
  const bool detached = definition.on_host_death == HostDeath::detach;
  LiveState out;
  out.kind = detached ? LiveState::Kind::detached : LiveState::Kind::attached;
  out.cgroups = prepared.cgroups;
  out.started_ns = now_ns();
  if (definition.auto_remove || (owned && !detached)) out.tree = std::move(directory);
  return out;
}

void Instance::start() {
  const std::string& id = identity_.id;
  const std::string upper = directory() + "/upper";
  const ImageLayers layers = read_layers(*engine_, engine_->store().container_lowers(id), upper);
  Prepared prepared = prepare(*engine_, id, definition(), layers);
  LiveState state = live_state(definition(), prepared, directory(), is_owned());
  state.name = identity_.name;
  HeldState held = hold_state(*engine_, id, state, Errc::already_running, "start container");
  const Fd in_use = engine_->store().hold_container_dir(id);
  if (!in_use) throw_error(Errc::container_not_found, "start container", identity_.name);
  launch(std::move(prepared), held, in_use);
}

void Instance::launch(Prepared prepared, HeldState& held, const Fd& directory_in_use) {
  const bool detached = definition().on_host_death == HostDeath::detach;
  if (::unlink(exit_path().c_str()) != 0 && errno != ENOENT)
    throw_errno(errno, "remove file", exit_path());
  const std::string started = directory() + "/started";
  write_file(started, std::to_string(now_ns()));
  // Without an end it would be one whose monitor was killed.
  struct NotStarted {
    const std::string* path;
    ~NotStarted() {
      if (path) ::unlink(path->c_str());
    }
  } not_started{&started};

  OpenStreams streams = open_streams(streams_, Capture::log);
  const bool logs_terminal =
      streams_.tty && detached && streams_.out.kind() == Stream::Kind::capture;
  auto session = runtime::launch(*engine_, prepared, held,
                                 {.id = identity_.id,
                                  .definition = &definition(),
                                  .streams = &streams,
                                  .keeps_terminal = logs_terminal,
                                  .log_file = directory() + "/log",
                                  .exit_file = exit_path(),
                                  .detached = detached,
                                  .remove_after = definition().auto_remove,
                                  .remove_on_host_death = is_owned() && !detached,
                                  .hold = {directory_in_use.get()}});
  not_started.path = nullptr;
  const std::lock_guard lock(mutex_);
  terminal_ = std::move(session->terminal);
  if (terminal_) resize_ = Fd(::fcntl(terminal_.get(), F_DUPFD_CLOEXEC, 0));
  ends_ = std::move(streams.host);
  ids_ = std::move(prepared.ids);
  session_ = std::move(session);
  watched_.reset();
}

std::optional<ExitStatus> Instance::wait(Milliseconds timeout) {
  return wait_checked(StopCheck(*engine_, "wait for container", identity_.name), timeout,
                      [this](Milliseconds slice) { return wait_for_end(slice); });
}

std::optional<ExitStatus> Instance::wait_for_end(Milliseconds timeout) {
  if (auto session = this->session()) return wait_session(*session, timeout);
  return wait_found(timeout);
}

std::optional<ExitStatus> Instance::wait_session(monitor::Session& session, Milliseconds timeout) {
  const auto record = session.wait(timeout);
  if (!record) return {};
  session.wait_cleaned();
  bool forget = false;
  {
    const std::lock_guard lock(mutex_);
    ids_.give_back();
    forget = definition().auto_remove && !std::exchange(forgotten_, true);
  }
  if (forget) engine_->store().remove_container(identity_.id);
  return status_of(*record);
}

std::optional<ExitStatus> Instance::wait_found(Milliseconds timeout) {
  const std::shared_ptr<const Watched> watched = this->watched();
  if (watched && !poll_readable(watched->process.get(), timeout)) return {};
  std::optional<monitor::ExitRecord> record = exit_record();
  if (watched && watched->state)
    wait_until([&] {
      record = parse_exit_file(read_state(watched->state.get()).exit);
      return record.has_value();
    });
  wait_released();
  if (record) return status_of(*record);
  // Its monitor was killed, and so was it.
  if (watched) return ExitStatus{ExitStatus::Kind::signaled, SIGKILL, {}};
  if (timeout.count() == 0) return {};
  throw_error(Errc::not_running, "wait for container", identity_.name);
}

void Instance::wait_released() const {
  wait_until([&] { return !engine_->states().read_held(identity_.id); });
}

int Instance::wait_handle() const noexcept {
  if (const auto session = this->session()) return session->wait_handle();
  try {
    const auto found = watched();
    return found ? found->process.get() : -1;
  } catch (const std::exception&) {
    return -1;
  }
}

void Instance::send_signal(int signal, const char* operation) {
  const auto session = this->session();
  const Fd found = session ? Fd() : open_pidfd(operation);
  const long result = sys::pidfd_send_signal(session ? session->pidfd.get() : found.get(), signal);
  if (result == -ESRCH) throw_error(Errc::not_running, operation, identity_.name);
  if (result < 0) throw_errno(static_cast<int>(-result), operation, identity_.name);
}

void Instance::kill(int signal) {
  if (signal < 1 || signal > 64) invalid("signal", "must be from 1 to 64");
  send_signal(signal, "kill container");
  // A v1 freezer keeps even SIGKILL waiting.
  if (signal != SIGKILL) return;
  if (const auto state = engine_->states().read_held(identity_.id))
    sys::thaw_cgroup(state->cgroups);
}

void Instance::kill_and_wait() {
  try {
    kill(SIGKILL);
  } catch (const Error& error) {
    if (error.code() != Errc::not_running) throw;
  }
  if (!wait_for_end(killing_time))
    throw_error(Errc::timed_out, "kill container", identity_.name, "a process of it does not die");
}

ExitStatus Instance::stop(Milliseconds grace) {
  const auto state = running_state();
  if (!state) return wait_for_end(Milliseconds(0)).value_or(ExitStatus{});
  try {
    send_signal(definition().stop_signal, "stop container");
    sys::thaw_cgroup(state->cgroups);
  } catch (const Error& error) {
    if (error.code() != Errc::not_running) throw;
  }
  if (auto status = wait(grace)) return *status;
  kill_and_wait();
  return *wait_for_end(Milliseconds(-1));
}

void Instance::remove(bool force) {
  if (running_state()) {
    if (!force)
      throw_error(Errc::in_use, "remove container", identity_.name,
                  "it runs; stop it first or remove it by force");
    kill_and_wait();
  }
  wait_released();
  LiveState state;
  state.name = identity_.name;
  state.tree = directory();
  const HeldState held =
      hold_state(*engine_, identity_.id, state, Errc::in_use, "remove container");
  engine_->store().remove_container_dir(identity_.id);
  engine_->store().remove_container(identity_.id);
}

void Instance::disown() {
  {
    const std::lock_guard lock(mutex_);
    owned_ = false;
    if (!session_) return;
    ids_.hand_over();
  }
  if (definition().on_host_death == HostDeath::detach || !running_state()) return;
  engine_->states().append(identity_.id, definition().auto_remove ? "detached" : "detached\nkeep");
  engine_->client()->detach(identity_.id);
}

}  // namespace containerlib::runtime
