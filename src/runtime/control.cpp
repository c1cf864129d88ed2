#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "runtime/engine.hpp"
#include "runtime/instance.hpp"
#include "runtime/stop_check.hpp"

// What is asked of and done to a running container besides its life.
namespace containerlib::runtime {
namespace {

using State = monitor::LifeRecord::State;

constexpr Milliseconds freezing_time = std::chrono::seconds(10);

bool can_freeze(const sys::CgroupDirs& dirs) {
  return !dirs.unified.empty() || dirs.v1.contains("freezer");
}

std::chrono::system_clock::time_point to_time(std::int64_t ns) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(ns)));
}

std::optional<Bytes> to_bytes(std::optional<std::uint64_t> count) {
  if (!count) return {};
  return Bytes{*count};
}

}  // namespace

void Instance::pause() {
  const LiveState state = require_running("pause container");
  if (!can_freeze(state.cgroups))
    throw_error(Errc::unsupported, "pause container", identity_.name,
                "no cgroup that can freeze: " + engine_->facts().cgroups.unified_reason);
  try {
    sys::freeze_cgroup(state.cgroups, freezing_time);
  } catch (const Error&) {
    require_running("pause container");  // more to the point, if that is why
    throw;
  }
  // A group without processes is frozen, too.
  require_running("pause container");
}

void Instance::resume() { sys::thaw_cgroup(require_running("resume container").cgroups); }

Stats Instance::stats() const {
  const sys::CgroupStats in = sys::cgroup_stats(require_running("read statistics of").cgroups);
  Stats out;
  out.memory = to_bytes(in.memory);
  out.memory_peak = to_bytes(in.memory_peak);
  out.memory_limit = to_bytes(in.memory_limit);
  if (in.cpu_microseconds) out.cpu = std::chrono::microseconds(*in.cpu_microseconds);
  out.pids = in.pids;
  out.pids_limit = in.pids_limit;
  out.read = to_bytes(in.read_bytes);
  out.written = to_bytes(in.written_bytes);
  return out;
}

void Instance::resize(TerminalSize size) {
  const std::lock_guard lock(mutex_);
  if (!resize_)
    throw_error(Errc::unsupported, "resize terminal of", identity_.name,
                "this process does not hold its terminal");
  winsize cells{};
  cells.ws_row = size.rows;
  cells.ws_col = size.columns;
  if (::ioctl(resize_.get(), TIOCSWINSZ, &cells) != 0)
    throw_errno(errno, "resize terminal of", identity_.name);
}

ContainerInfo Instance::inspect() const {
  const Definition& definition = this->definition();
  ContainerInfo out;
  out.id = identity_.id;
  out.name = identity_.name;
  out.image = identity_.stored.image;
  out.image_id = identity_.image_id;
  out.created = to_time(identity_.created_ns);
  const Life life = this->life();
  const monitor::LifeRecord& record = life.record;
  if (record.started_ns != 0) out.started = to_time(record.started_ns);
  if (record.state == State::running) {
    const auto state = engine_->states().read_held(identity_.id);
    const bool paused = state && sys::is_frozen(state->cgroups);
    out.state = paused ? ContainerState::paused : ContainerState::running;
    out.pid = record.pid;
  } else if (record.state == State::ended) {
    out.state = ContainerState::exited;
    out.exit = status_of(record.exit);
    if (record.exit.finished_ns != 0) out.finished = to_time(record.exit.finished_ns);
  }
  out.args = definition.args;
  out.env = definition.env;
  out.user = definition.user;
  out.hostname = definition.hostname;
  out.cwd = definition.cwd;
  out.mounts = definition.mounts;
  out.limits = definition.limits;
  out.network = definition.network;
  out.tty = definition.tty;
  out.read_only = definition.read_only;
  out.auto_remove = definition.auto_remove;
  out.labels = definition.labels;
  out.entrypoint.assign(
      definition.args.begin(),
      definition.args.begin() + static_cast<std::ptrdiff_t>(
                                    std::min(definition.entrypoint_words, definition.args.size())));
  out.stop_signal = definition.stop_signal;
  out.cap_add = definition.cap_add;
  out.cap_drop = definition.cap_drop;
  out.seccomp = definition.seccomp;
  out.new_privileges = definition.new_privileges;
  out.unmasked_paths = definition.unmasked_paths;
  out.user_namespace = definition.user_namespace;
  out.ulimits = definition.ulimits;
  out.groups = definition.groups;
  out.shm_size = definition.shm_size;
  out.unsafe_oci_spec = definition.unsafe_oci_spec;
  out.nested_user_namespaces = definition.nested_user_namespaces;
  out.landlock = definition.landlock;
  return out;
}

LogFile Instance::logs(const LogOptions& options) const {
  return LogFile(directory() + "/log", options,
                 [life = std::make_shared<const Fd>(open_life(directory(), O_RDONLY)),
                  stop = StopCheck(*engine_, "follow log of", identity_.name)]() mutable {
                   stop.check();
                   return *life && is_claimed(life->get(), "life");
                 });
}

Fd Instance::take_stream(std::size_t n) {
  const std::lock_guard lock(mutex_);
  return std::move(ends_[n]);
}

Fd Instance::take_terminal() {
  const std::lock_guard lock(mutex_);
  return std::move(terminal_);
}

}  // namespace containerlib::runtime
