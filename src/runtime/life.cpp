#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "linux/syscalls.hpp"
#include "runtime/engine.hpp"
#include "runtime/instance.hpp"
#include "runtime/invalid.hpp"
#include "runtime/launch.hpp"
#include "runtime/life_file.hpp"
#include "runtime/stop_check.hpp"

// The life of a container: start, wait, kill, stop, remove.
namespace containerlib::runtime {
namespace {

/// How long the monitor may take for what it does after the end, and a process to die of SIGKILL.
constexpr Milliseconds cleaning_time = std::chrono::seconds(2);
constexpr Milliseconds killing_time = std::chrono::seconds(10);

using State = monitor::LifeRecord::State;

/// False at the deadline.
bool poll_readable(int fd, const Deadline& deadline) {
  for (;;) {
    pollfd poll{fd, POLLIN, 0};
    const int n = ::poll(&poll, 1, deadline.poll_timeout());
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) throw_errno(errno, "wait for container");
    if (deadline.passed()) return false;
  }
}

/// Asks again and again, for the little while that it takes the monitor.
template <class Done>
bool wait_until(const Deadline& deadline, Done done) {
  while (!done()) {
    if (deadline.passed()) return false;
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
  if (definition.auto_remove || (owned && !detached)) out.tree = std::move(directory);
  return out;
}

void Instance::start() {
  const std::string& id = identity_.id;
  if (life().record.state != State::running) wait_released(Deadline(cleaning_time));
  const std::string upper = directory() + "/upper";
  const ImageLayers layers = read_layers(*engine_, engine_->store().container_lowers(id), upper);
  Prepared prepared = prepare(*engine_, id, definition(), layers);
  LiveState state = live_state(definition(), prepared, directory(), is_owned());
  state.name = identity_.name;
  HeldState held = hold_state(*engine_, id, state, Errc::already_running, "start container");
  const Fd in_use = engine_->store().hold_container_dir(id);
  if (!in_use) throw_error(Errc::container_not_found, "start container", identity_.name);
  auto life = claim_life(Errc::already_running, "start container");
  if (!life) life.emplace(make_life(directory(), {}));
  note_run_root(*life, engine_->run_root());
  launch(std::move(prepared), held, std::move(*life), in_use);
}

Start Instance::start_of(const OpenStreams& streams, Claim& life,
                         const Fd& directory_in_use) const {
  const bool detached = definition().on_host_death == HostDeath::detach;
  const bool logs_terminal =
      streams_.tty && detached && streams_.out.kind() == Stream::Kind::capture;
  return {.id = identity_.id,
          .definition = &definition(),
          .streams = &streams,
          .keeps_terminal = logs_terminal,
          .log_file = directory() + "/log",
          .life = &life,
          .detached = detached,
          .remove_after = definition().auto_remove,
          .remove_on_host_death = is_owned() && !detached,
          .hold = {directory_in_use.get()}};
}

void Instance::keep(std::unique_ptr<monitor::Session> session, OpenStreams& streams, IdRange ids) {
  const std::lock_guard lock(mutex_);
  terminal_ = std::move(session->terminal);
  if (terminal_) resize_ = Fd(::fcntl(terminal_.get(), F_DUPFD_CLOEXEC, 0));
  ends_ = std::move(streams.host);
  ids_ = std::move(ids);
  session_ = std::move(session);
  watched_.reset();
}

void Instance::launch(Prepared prepared, HeldState& held, Claim life, const Fd& directory_in_use) {
  OpenStreams streams = open_streams(streams_, Capture::log);
  auto session =
      runtime::launch(*engine_, prepared, held, start_of(streams, life, directory_in_use));
  keep(std::move(session), streams, std::move(prepared.ids));
}

std::optional<ExitStatus> Instance::wait(Milliseconds timeout) {
  return wait_checked(StopCheck(*engine_, "wait for container", identity_.name), timeout,
                      [this](Milliseconds slice) { return wait_for_end(slice); });
}

std::optional<ExitStatus> Instance::wait_for_end(Milliseconds timeout) {
  const Deadline deadline(timeout);
  if (auto session = this->session()) return wait_session(*session, deadline);
  return wait_found(deadline);
}

std::optional<ExitStatus> Instance::wait_session(monitor::Session& session,
                                                 const Deadline& deadline) {
  const auto record = session.wait(deadline.left());
  if (!record) return {};
  const bool cleaned = session.wait_cleaned(deadline.left());
  bool forget = false;
  {
    const std::lock_guard lock(mutex_);
    if (cleaned) ids_.give_back();
    forget = definition().auto_remove && !std::exchange(forgotten_, true);
  }
  if (forget) engine_->store().remove_container(identity_.id);
  return status_of(*record);
}

std::optional<ExitStatus> Instance::wait_found(const Deadline& deadline) {
  for (;;) {
    Life life;
    if (const std::shared_ptr<const Watched> watched = this->watched()) {
      if (!poll_readable(watched->process.get(), deadline)) return {};
      // The monitor has still to say how. A host that waits by the handle is not sent away before.
      const bool ended = wait_until(deadline.at_least(cleaning_time), [&] {
        life = life_now(watched->life.get());
        return life.record.state != State::running || life.record.started_ns != watched->started_ns;
      });
      if (!ended) return {};
      const std::lock_guard lock(mutex_);
      if (life.record.started_ns != watched->started_ns && watched_ == watched) watched_.reset();
    } else {
      life = this->life();
    }
    if (life.record.state == State::ended) {
      wait_released(deadline.at_most(cleaning_time));
      return status_of(life.record.exit);
    }
    if (deadline.passed()) return {};
    if (life.record.state == State::created)
      throw_error(Errc::not_running, "wait for container", identity_.name);
    // It has just been started, or again, or been reaped.
    std::this_thread::sleep_for(Milliseconds(1));
  }
}

void Instance::wait_released(const Deadline& deadline) const {
  wait_until(deadline, [&] { return !engine_->states().read_held(identity_.id); });
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
  const Fd found = session ? Fd() : open_process(life(), operation);
  if (!session && !found) throw_error(Errc::not_running, operation, identity_.name);
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
  try {
    if (wait_for_end(killing_time)) return;
  } catch (const Error& error) {
    // It dies with its monitor; what is left of it is undone by whoever comes next.
    if (error.code() == Errc::monitor_lost) return;
    throw;
  }
  throw_error(Errc::timed_out, "kill container", identity_.name, "a process of it does not die");
}

ExitStatus Instance::stop(Milliseconds grace) {
  const monitor::LifeRecord record = life().record;
  if (record.state == State::created) return {};
  if (record.state == State::ended) return status_of(record.exit);
  try {
    send_signal(definition().stop_signal, "stop container");
    if (const auto state = running_state()) sys::thaw_cgroup(state->cgroups);
  } catch (const Error& error) {
    if (error.code() != Errc::not_running) throw;
  }
  if (auto status = wait(grace)) return *status;
  kill_and_wait();
  return *wait_for_end(Milliseconds(-1));
}

void Instance::remove(bool force) {
  const Life life = this->life();
  if (life.record.state == State::running) {
    require_here(life, "remove container");
    if (!force)
      throw_error(Errc::in_use, "remove container", identity_.name,
                  "it runs; stop it first or remove it by force");
    kill_and_wait();
  }
  wait_released(Deadline(cleaning_time));
  LiveState state;
  state.name = identity_.name;
  state.tree = directory();
  const HeldState held =
      hold_state(*engine_, identity_.id, state, Errc::in_use, "remove container");
  const auto claim = claim_life(Errc::in_use, "remove container");
  engine_->store().remove_container_dir(identity_.id);
  engine_->store().remove_container(identity_.id);
}

void Instance::disown() {
  const bool attached = session() && definition().on_host_death != HostDeath::detach;
  if (attached && running_state()) {
    engine_->states().append(identity_.id,
                             definition().auto_remove ? "detached" : "detached\nkeep");
    engine_->client()->detach(identity_.id);
  }
  // Only now: when the monitor does not hear it, the container is still ours.
  const std::lock_guard lock(mutex_);
  owned_ = false;
  if (session_) ids_.hand_over();
}

}  // namespace containerlib::runtime
