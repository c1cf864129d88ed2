#pragma once
#include <containerlib/container.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "monitor/client.hpp"
#include "oci/runtime_spec.hpp"
#include "runtime/command.hpp"
#include "runtime/deadline.hpp"
#include "runtime/definition_json.hpp"
#include "runtime/id_ranges.hpp"
#include "runtime/launch.hpp"
#include "runtime/life_file.hpp"
#include "runtime/log_file.hpp"
#include "runtime/state_file.hpp"
#include "runtime/streams.hpp"

namespace containerlib::runtime {

class Engine;

/// What never changes of a container that has a record.
struct Identity {
  std::string id, name, image_id;
  std::int64_t created_ns = 0;
  StoredContainer stored;
};

/// What criu has made of a container: a child of the monitor, and its terminal's master if it has
/// one.
struct RestoredProcess {
  pid_t pid = 0;
  Fd terminal = {};
};
using TalkToCriu = std::function<RestoredProcess(int socket, pid_t criu)>;

/// A container with a record, as this process sees it: started here or elsewhere. Any member from
/// any thread. The destructor leaves the container alone.
class Instance {
 public:
  Instance(std::shared_ptr<Engine>, Identity, StreamOptions = {}, bool owned = false);
  ~Instance();

  Engine& engine() const noexcept { return *engine_; }
  const Identity& identity() const noexcept { return identity_; }
  const Definition& definition() const noexcept { return identity_.stored.definition; }

  // life.cpp
  /// Starts it again, or one that was only made.
  void start();
  /// Hands a prepared plan to the monitor, and the directory, in which `life` is: it holds both
  /// from then on.
  void launch(Prepared, HeldState&, Claim life, const Fd& directory_in_use);
  /// Negative: for ever. The host may end it by RuntimeOptions::on_wait.
  std::optional<ExitStatus> wait(Milliseconds timeout);
  int wait_handle() const noexcept;
  void kill(int signal);
  ExitStatus stop(Milliseconds grace);
  void remove(bool force);
  /// Only of one started here: the monitor and recovery leave it alone when this process dies.
  void disown();
  bool is_owned() const noexcept;

  // control.cpp
  void pause();
  void resume();
  Stats stats() const;
  void resize(TerminalSize);
  ContainerInfo inspect() const;
  LogFile logs(const LogOptions&) const;
  /// A host's end, once.
  Fd take_stream(std::size_t n);
  Fd take_terminal();

  // checkpoint.cpp
  void checkpoint(const std::filesystem::path& to, const CheckpointOptions&);
  // restore.cpp
  /// As launch(), of a plan with which criu restores it; `talk` has it do that, and returns
  /// the process.
  void restore(Prepared, HeldState&, Claim life, const Fd& directory_in_use,
               const TalkToCriu& talk);

  // exec.cpp
  /// Starts a command in the container.
  Command spawn(std::vector<std::string> args, const ExecOptions&);
  /// The same, to its end.
  Completed exec(std::vector<std::string> args, const ExecOptions&);

 private:
  std::string directory() const;
  Life life() const;
  /// Throws in_use when it runs but was started with another run directory: its state is there.
  void require_here(const Life&, const char* operation) const;
  /// Its state, if process 1 runs.
  std::optional<LiveState> running_state() const;
  /// The same. Throws not_running, and what require_here() does.
  LiveState require_running(const char* operation) const;
  /// A pidfd of process 1; empty: it does not run. Throws what require_here() does.
  Fd open_process(const Life&, const char* operation) const;
  /// Throws `when_held` when somebody else has one; nullopt when there is no life file.
  std::optional<Claim> claim_life(Errc when_held, const char* operation) const;
  std::shared_ptr<monitor::Session> session() const;
  /// What is kept to wait for a container that was started elsewhere.
  struct Watched {
    Fd process;  ///< pidfd of process 1: the wait handle
    Fd life;     ///< its life file, open since it may remove itself
    std::int64_t started_ns;
  };
  /// nullptr: not running. Throws what require_here() does.
  std::shared_ptr<const Watched> watched() const;
  /// What nothing ends before its time.
  std::optional<ExitStatus> wait_for_end(Milliseconds timeout);
  std::optional<ExitStatus> wait_session(monitor::Session&, const Deadline&);
  std::optional<ExitStatus> wait_found(const Deadline&);
  /// Until the monitor has let go of it.
  void wait_released(const Deadline&) const;
  ExitStatus status_of(const monitor::ExitRecord&) const;
  void send_signal(int signal, const char* operation);
  void kill_and_wait();
  /// With what a further process needs: `process`, the profile of its seccomp filter.
  oci::RuntimeSpec exec_spec(std::vector<std::string> args, const ExecOptions&) const;

  /// What the monitor is told of a start, besides the plan.
  Start start_of(const OpenStreams&, Claim& life, const Fd& directory_in_use) const;
  void keep(std::unique_ptr<monitor::Session>, OpenStreams&, IdRange);

  const std::shared_ptr<Engine> engine_;
  const Identity identity_;
  const StreamOptions streams_;
  mutable std::mutex mutex_;  // what follows; never held while waiting
  bool owned_;
  bool forgotten_ = false;  ///< the record of one that removes itself
  std::shared_ptr<monitor::Session> session_;
  mutable std::shared_ptr<const Watched> watched_;  ///< of one started elsewhere
  IdRange ids_;
  std::array<Fd, 3> ends_;
  Fd terminal_, resize_;  ///< the master, once for the host, and for resize()
};

}  // namespace containerlib::runtime
