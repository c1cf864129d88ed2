#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <functional>
#include <string>
#include <vector>

#include "criu/conversation.hpp"

namespace containerlib::bundle {

/// What restored processes have from criu, as criu does not restore it.
struct CriuHeritage {
  std::vector<int> descriptors;  ///< become its descriptors from first_inherited on
  std::string keyring;           ///< a new session keyring of this name; empty: ours
  bool no_groups = false;        ///< no supplementary groups of ours
  bool no_new_privileges = false;
};

/// criu, as a child of this process.
class CriuProcess {
 public:
  /// Starts the program, which is looked up in PATH. This process must have one thread.
  CriuProcess(const std::string& program, const CriuHeritage&);
  CriuProcess(const CriuProcess&) = delete;
  ~CriuProcess();
  static constexpr int first_inherited = 4;

  pid_t pid() const { return pid_; }
  /// See criu::ask(). What was restored is a child of this process.
  criu::Answer ask(criu::Job, const criu::Message& options,
                   const std::function<void(criu::Notice&)>& on_notice);
  /// What it has written to its standard error: what goes wrong before it has a log.
  std::string said() const;

 private:
  void reap();

  pid_t pid_ = 0;
  Fd socket_, error_output_;
};

}  // namespace containerlib::bundle
