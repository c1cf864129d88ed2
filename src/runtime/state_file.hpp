#pragma once
#include <containerlib/fd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linux/cgroup.hpp"
#include "runtime/claim.hpp"

namespace containerlib::runtime {

/// What <run_root>/containers/ID says. The file exists while a container is being made, runs or is
/// being removed, and whoever does that has a claim on it: first the process that starts it, then
/// the monitor. It is the record of intent: it names everything before it is made, so that whoever
/// gets the lock later can undo it. Lines: a word, and for some a value; unknown words are ignored.
struct LiveState {
  enum class Kind {
    ephemeral,  ///< "ephemeral": has no record in the store
    attached,   ///< "attached": ends with the process that started it
    detached,   ///< "detached": the monitor's own
    held,       ///< "held": not running; somebody makes or removes it
  };
  Kind kind = Kind::held;
  std::string name;         ///< "name NAME"
  sys::CgroupDirs cgroups;  ///< "cgroup CONTROLLER DIR"; for v2 "cgroup unified DIR"
  /// "tree DIR": its directory goes with it, whoever cleans up. "keep" takes that back.
  std::string tree;
  int pid = 0;  ///< "pid N", appended by the monitor
};

/// CLOCK_REALTIME in nanoseconds, as all times of containers are.
std::int64_t now_ns();

std::string print_state(const LiveState&);
LiveState parse_state(std::string_view text);

class StateDir;

/// A state file made and locked by this process. Unless let_go() was called, the file goes with the
/// object, if it is still this one that has the name.
class HeldState {
 public:
  HeldState(const StateDir& dir, std::string id, Claim claim)
      : dir_(&dir), id_(std::move(id)), claim_(std::move(claim)) {}
  HeldState(HeldState&&) = default;
  HeldState& operator=(HeldState&&) = delete;
  ~HeldState();
  void admit_monitor() noexcept { claim_->admit_monitor(); }
  /// The monitor holds it now.
  void let_go() noexcept { claim_.reset(); }

 private:
  const StateDir* dir_;
  std::string id_;
  std::optional<Claim> claim_;
};

/// The directory of state files. A value; any member from any thread and process.
class StateDir {
 public:
  /// It is there already: see make_private_dir().
  explicit StateDir(std::string path);

  std::string path_of(const std::string& id) const { return path_ + '/' + id; }
  /// Makes the file, locked and complete at once for others. nullopt: there is one already.
  std::optional<HeldState> create(const std::string& id, const LiveState&) const;
  /// The state of a container that somebody holds; nullopt when there is no file or nobody does.
  std::optional<LiveState> read_held(const std::string& id) const;
  /// Appends a line to a file that exists.
  void append(const std::string& id, std::string_view line) const;
  /// No error when there is none.
  void remove(const std::string& id) const;
  std::vector<std::string> ids() const;

  /// A file whose holder has died, locked by this object.
  struct Abandoned {
    Claim claim;
    LiveState state;
  };
  std::optional<Abandoned> take_abandoned(const std::string& id) const;

 private:
  std::string path_;
  Fd dir_;
};

}  // namespace containerlib::runtime
