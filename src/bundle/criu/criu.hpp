#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <functional>
#include <string>
#include <vector>

#include "bundle/criu/message.hpp"

namespace containerlib::bundle {

/// What restored processes have from criu, as criu does not restore it.
struct CriuHeritage {
  std::vector<int> descriptors;  ///< become its descriptors from first_inherited on
  std::string keyring;           ///< a new session keyring of this name; empty: ours
  bool no_groups = false;        ///< no supplementary groups of ours
  bool no_new_privileges = false;
};

/// criu, started as "criu swrk", which does one request that comes by a socket (its rpc.proto) and
/// ends. In difference to its command line this way it hands out terminals, and hooks can be run
/// while it restores.
class Criu {
 public:
  /// Starts the program, which is looked up in PATH. This process must have one thread.
  Criu(const std::string& program, const CriuHeritage&);
  Criu(const Criu&) = delete;
  ~Criu();
  static constexpr int first_inherited = 4;

  pid_t pid() const { return pid_; }

  /// criu_req_type.
  enum Type { dump = 1, restore = 2, notify = 6, single_pre_dump = 13 };
  /// Where criu is (its action scripts' names), the process it is about, and a descriptor.
  struct Notice {
    std::string script;
    pid_t pid = 0;
    Fd fd;
  };
  struct Answer {
    bool success = false;
    pid_t pid = 0;  ///< of what was restored: a child of this process
  };
  /// Sends the request with its options (criu_opts) and waits for its end. When `on_notice` throws,
  /// criu undoes what it has done, and this throws the same.
  Answer ask(Type, const CriuMessage& options, const std::function<void(Notice&)>& on_notice);

  /// What it has written to its standard error: what goes wrong before it has a log.
  std::string said() const;

 private:
  void reap();

  pid_t pid_ = 0;
  Fd socket_, error_output_;
};

/// The last errors in a log of criu, as one line; empty: none.
std::string criu_errors(std::string_view log);

}  // namespace containerlib::bundle
