#pragma once
#include <containerlib/fd.hpp>
#include <containerlib/options.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "linux/copy_tree.hpp"
#include "linux/host_facts.hpp"
#include "monitor/life_record.hpp"
#include "sandbox/plan.hpp"

// The host's side of the monitor: starts it, sends it plans, hears how processes end.
namespace containerlib::monitor {

/// What the monitor does with one standard stream of a process.
struct Stdio {
  enum class Kind : std::uint8_t {
    null,  ///< /dev/null
    fd,    ///< `fd` becomes the stream
    log,   ///< output only: the monitor reads it and writes it to the log file
  };
  Kind kind = Kind::null;
  int fd = -1;         ///< of kind fd; borrowed
  bool given = false;  ///< of kind fd: a pipe made for this process, to be owned by its user
};

struct Request {
  std::string id;
  const sandbox::LaunchPlan* plan = nullptr;
  std::array<Stdio, 3> stdio;
  /// With a terminal (a step of the plan) its master goes to the host in Session::terminal, unless
  /// this is set: then the monitor keeps it and logs what it prints.
  bool monitor_keeps_terminal = false;
  /// True: a monitor of its own, which ignores the host's end.
  bool detached = false;
  /// Exec only: descriptor of the container's process 1 (a pidfd), borrowed; -1 for a container.
  int join_pidfd = -1;
  std::string log_file;  ///< absolute; empty: none
  /// Files that the monitor locks (monitor_byte) until everything of the container is gone; the
  /// start fails when it cannot. Absolute; empty: none. It writes the LifeRecord to the one, and
  /// "pid N\n" to the end of the other, which it unlinks.
  std::string life_file, state_file;
  /// Trees removed after the end, as the monitor's root: always, and only when the host has died or
  /// has given up what was to be restored.
  std::vector<std::string> remove_after, remove_on_host_death;
  /// Of a criu that restores the container: becomes its descriptor 3, borrowed; -1: the process is
  /// the container's own. Session::adopt() or Session::abandon() comes next.
  int criu_socket = -1;
  /// Held open until everything is gone (locks). Borrowed.
  std::vector<int> hold;
};

/// A process the monitor has started. Any member from any thread. What the monitor says of its end
/// stays in the channel, so all see it.
class Session {
 public:
  int pid = 0;  ///< as this process's pid namespace sees it
  Fd pidfd;
  Fd terminal;  ///< master of the pseudo-terminal, if there is one

  /// Readable once the process has ended, or the monitor.
  int wait_handle() const noexcept { return channel_.get(); }
  /// Waits for the end; nullopt after `timeout` (negative: never). Throws monitor_lost.
  std::optional<ExitRecord> wait(Milliseconds timeout);
  /// Waits until the monitor has removed all the process had (cgroups, trees, state file). False:
  /// not within `timeout` (negative: never).
  bool wait_cleaned(Milliseconds timeout);

  /// While it restores: this process, a child of the monitor, is the container's from now on, and
  /// `terminal` its terminal's master (-1: none). One thread. Throws ESRCH when there is no such
  /// process.
  void adopt(int restored, int terminal);
  /// Instead: ends all that was restored, and waits until it is gone.
  void abandon();

 private:
  friend class Client;
  Fd channel_;
};

/// One monitor process, started by the first request, and again when it was killed. Any member from
/// any thread. The destructor closes the connection: the monitor kills its attached containers and
/// ends by itself.
class Client {
 public:
  explicit Client(const sys::HostFacts&);
  ~Client();
  /// Starts a container or an exec'd process; returns once it runs its command. Throws
  /// command_not_found, not_executable, or the Error of the step that failed.
  std::unique_ptr<Session> launch(const Request&);
  /// Tells the monitor that `id` shall outlive this process.
  void detach(const std::string& id);
  /// Removes a tree as the monitor's root (files may belong to subordinate ids). No error when it
  /// is not there.
  void remove_tree(const std::string& path);
  /// Applies owners below an open directory as the monitor's root: what a rootless process cannot.
  struct Owner {
    std::string path;  ///< relative, no symlink is followed
    std::uint32_t uid = 0, gid = 0;
    std::uint32_t mode = 0;  ///< applied after the owner; not to symlinks
    std::string capability;  ///< value of security.capability; empty: none
  };
  void apply_owners(int dir, const std::vector<Owner>&);
  /// Copies layers (absolute paths, topmost first) into `container`/l/0, 1, …, with owners shifted,
  /// unless that was done before; its upper and work become the shifted root's. Blocks, and the
  /// monitor does nothing else meanwhile.
  void shift_layers(const std::string& container, const std::vector<std::string>& layers,
                    const std::vector<sys::ShiftedIds>& uids,
                    const std::vector<sys::ShiftedIds>& gids);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containerlib::monitor
