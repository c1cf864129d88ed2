#pragma once
#include <containerlib/error.hpp>
#include <containerlib/options.hpp>

#include <memory>
#include <stdexcept>

CONTAINERLIB_BEGIN_NAMESPACE

/// How a workload ended. Not an error: ask it.
struct CONTAINERLIB_API ExitStatus {
  enum class Kind { exited, signaled, timed_out, oom_killed };
  Kind kind = Kind::exited;
  int code = 0;             ///< exit code; else the signal's number
  Bytes memory_limit = {};  ///< of oom_killed
  bool success() const noexcept { return kind == Kind::exited && code == 0; }
  /// As a shell has it: the exit code, or 128 + the signal.
  int shell_code() const noexcept { return kind == Kind::exited ? code : 128 + code; }
  /// "exited with 3", "killed by SIGKILL: out of memory (64 MiB)", …
  std::string message() const;
};

/// What run() and exec() return.
struct CONTAINERLIB_API Completed {
  ExitStatus status = {};
  std::string out = {}, err = {};  ///< of captured streams; with a terminal all is in `out`
  /// Itself, unless the status is no success: then throws ExitError.
  const Completed& check() const;
};

/// Thrown by Completed::check() only: the workload, not the library, has failed.
class CONTAINERLIB_API ExitError : public std::runtime_error {
 public:
  explicit ExitError(Completed completed);
  const Completed& completed() const noexcept { return completed_; }

 private:
  Completed completed_;
};

/// What a container uses. A field this host cannot tell is unset (see `containerlib info`).
struct Stats {
  std::optional<Bytes> memory = {}, memory_peak = {}, memory_limit = {};
  std::optional<std::chrono::microseconds> cpu = {};  ///< used since the start
  std::optional<std::uint64_t> pids = {}, pids_limit = {};
  std::optional<Bytes> read = {}, written = {};  ///< block devices
};

struct LogLine {
  std::chrono::system_clock::time_point time = {};
  bool is_err = false;
  std::string text = {};  ///< without the newline
  bool partial = false;   ///< no newline followed: the end of the output, or see LogOptions::parts
};
struct LogOptions {
  bool follow = false;                   ///< wait for more until the container has ended
  std::optional<std::size_t> tail = {};  ///< only the last so many lines
  /// Hand over what there is of a line, such as a prompt; `partial` says that it goes on.
  bool parts = false;
  std::stop_token stop = {};  ///< with follow: ends the reader, within a fraction of a second
};

/// Log lines, oldest first: for (const LogLine& line : container.logs()). One thread at a time.
class CONTAINERLIB_API LogReader {
 public:
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  ~LogReader();
  /// False at the end. With follow it waits.
  bool next(LogLine&);

  struct Sentinel {};
  struct Iterator {
    LogReader* reader = nullptr;
    LogLine line = {};
    const LogLine& operator*() const { return line; }
    Iterator& operator++() {
      if (!reader->next(line)) reader = nullptr;
      return *this;
    }
    bool operator!=(Sentinel) const { return reader != nullptr; }
  };
  Iterator begin() {
    Iterator it{this, {}};
    return ++it, it;
  }
  Sentinel end() const { return {}; }

  /// Made by Container. @private
  struct Impl;
  explicit LogReader(std::unique_ptr<Impl>) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

/// One process run inside a container beside its main one. Any member from any thread.
/// The destructor kills and reaps it.
class CONTAINERLIB_API Process {
 public:
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();
  int pid() const noexcept;  ///< as the host sees it
  ExitStatus wait();
  std::optional<ExitStatus> wait_for(Milliseconds);
  std::optional<ExitStatus> try_wait();
  /// A descriptor that polls readable once the process has ended.
  int wait_handle() const noexcept;
  void kill(int signal = 9);
  /// The host's ends of Stream::pipe(); each once, later an empty Fd.
  Fd take_in();
  Fd take_out();
  Fd take_err();
  /// The terminal's master side, with ExecOptions::tty; once.
  Fd take_terminal();

  /// Made by Container. @private
  struct Impl;
  explicit Process(std::unique_ptr<Impl>) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

enum class ContainerState { created, running, paused, exited };
CONTAINERLIB_API std::string_view to_string(ContainerState) noexcept;

/// What is known of a container; a value, true when it was taken.
struct ContainerInfo {
  std::string id = {}, name = {};
  std::string image = {}, image_id = {};  ///< as named at the start, and its Image::id()
  ContainerState state = ContainerState::created;
  int pid = 0;  ///< of its process 1 as the host sees it; 0 unless running
  std::optional<ExitStatus> exit = {};
  std::chrono::system_clock::time_point created = {};
  std::optional<std::chrono::system_clock::time_point> started = {}, finished = {};
  std::vector<std::string> args = {};  ///< entry point and command
  std::vector<std::string> env = {};   ///< "NAME=VALUE"
  std::string user = {}, hostname = {};
  std::filesystem::path cwd = {};
  std::vector<Mount> mounts = {};
  Limits limits = {};
  Network network = Network::none;
  bool tty = false, read_only = false, auto_remove = false;
  std::map<std::string, std::string> labels = {};
  std::vector<std::string> entrypoint = {};  ///< what `args` begins with
  int stop_signal = 15;
  std::vector<std::string> cap_add = {}, cap_drop = {};
  Seccomp seccomp = Seccomp::standard();
  bool new_privileges = false, unmasked_paths = false;
  UserNamespace user_namespace = UserNamespace::automatic;
  std::vector<Ulimit> ulimits = {};
  std::vector<std::string> groups = {};
  std::optional<Bytes> shm_size = {};
  std::string unsafe_oci_spec = {};
  bool nested_user_namespaces = false;
  Landlock landlock = {};
};

/// One container. Every member may be called from any thread (kill() during wait() is the normal
/// case). One made by start() or create() is owned: its destructor kills and removes it, within a
/// bounded time and without throwing, unless detach() was called. One from Runtime::find() had been
/// detached, and its destructor leaves it alone.
class CONTAINERLIB_API Container {
 public:
  Container(Container&&) noexcept;
  Container& operator=(Container&&) noexcept;
  ~Container();

  const std::string& id() const noexcept;  ///< 64 hexadecimal digits
  const std::string& name() const noexcept;
  ContainerInfo inspect() const;

  /// Starts a created or ended container. Errors: already_running, command_not_found,
  /// not_executable, unknown_user, and what set-up step failed on which path.
  void start();
  Result<void> try_start();
  ExitStatus wait();
  std::optional<ExitStatus> wait_for(Milliseconds);
  std::optional<ExitStatus> try_wait();
  /// A descriptor that polls readable once the container has ended.
  int wait_handle() const noexcept;

  void kill(int signal = 9);
  Result<void> try_kill(int signal = 9);
  /// The stop signal, then after `grace` SIGKILL. Negative: wait for ever. Not running: no error.
  ExitStatus stop(Milliseconds grace = std::chrono::seconds(10));
  void pause();
  Result<void> try_pause();
  void resume();
  Result<void> try_resume();

  /// Writes the running container to a directory, new or empty, for Runtime::restore(): its
  /// processes with their memory, and what it has changed in its root file system. With CRIU, which
  /// must be installed and needs root. Then it has ended, by SIGKILL, unless
  /// CheckpointOptions::leave_running. Errors: not_running; unsupported, for what cannot be kept (a
  /// socket as a stream, unsafe_oci_spec, Landlock rules, a command of exec() that still runs); and
  /// std::errc::operation_canceled with criu's own reason. After an error it runs on as before.
  void checkpoint(const std::filesystem::path& directory, const CheckpointOptions& = {});
  Result<void> try_checkpoint(const std::filesystem::path& directory,
                              const CheckpointOptions& = {});

  /// Runs a command in the container to its end.
  Completed exec(std::vector<std::string> args, const ExecOptions& = {});
  Result<Completed> try_exec(std::vector<std::string> args, const ExecOptions& = {});
  /// Starts a command in the container.
  Process spawn(std::vector<std::string> args, const ExecOptions& = {});
  Result<Process> try_spawn(std::vector<std::string> args, const ExecOptions& = {});

  Stats stats() const;
  Result<Stats> try_stats() const;
  LogReader logs(const LogOptions& = {}) const;

  /// The host's ends of Stream::pipe(); each once, later an empty Fd.
  Fd take_in();
  Fd take_out();
  Fd take_err();
  /// The terminal's master side, with ContainerOptions::tty and no detached monitor; once.
  Fd take_terminal();
  void resize(TerminalSize);

  /// Removes the container and its file system. Errors: in_use while it runs, unless `force`,
  /// which kills it.
  void remove(bool force = false);
  Result<void> try_remove(bool force = false);
  /// Gives up ownership: it lives on, also after the host process, and Runtime::find(id) finds it.
  /// The object is from then on a handle like one from find(), so other threads may be using it.
  std::string detach() &&;

  /// Made by Runtime. @private
  struct Impl;
  explicit Container(std::unique_ptr<Impl>) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

CONTAINERLIB_END_NAMESPACE
