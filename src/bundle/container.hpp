#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "bundle/host.hpp"
#include "bundle/process.hpp"
#include "bundle/record.hpp"
#include "oci/runtime_spec.hpp"
#include "oci/runtime_state.hpp"

// The operations of runtime-spec runtime.md on containers that are made of bundles. Each is done by
// a process of its own with one thread; they are safe against each other. All throw Error:
// container_not_found, not_running, or what went wrong.
namespace containerlib::bundle {

struct CreateOptions {
  std::string id, bundle;
  std::string config;                 ///< another file than the bundle's config.json
  std::string pid_file;               ///< empty: none
  std::string console_socket;         ///< with a terminal: its master is sent there (SCM_RIGHTS)
  std::string pidfd_socket;           ///< the process's pidfd is sent there
  bool needs_console_socket = false;  ///< nobody here takes the terminal: it is an error without
  bool no_pivot = false, no_new_keyring = false;
  unsigned preserved = 0;  ///< descriptors from 3 on that the program gets
  /// It is killed when the caller ends: nobody would be left to wait for it, and it would keep the
  /// caller's output open.
  bool tied = false;
  std::vector<std::string> env =
      {};  ///< variables of the program, after those of its configuration
};

struct Created {
  pid_t pid = 0;
  Fd terminal;  ///< the master, when there is a terminal and no console socket
};

/// Makes all but the program's start. When it throws, nothing of it is left. The container's
/// process is a child of the caller.
Created create(const Host&, const CreateOptions&);
/// Executes the program, and then the poststart hooks. Throws not_running for a container that is
/// not `created`; when the program cannot be executed the container has stopped.
void start(const Host&, const std::string& id);

oci::RuntimeState state(const Host&, const std::string& id);
oci::RuntimeState state_of(const Record&, Status);
/// The record, with the state of the process.
struct Listed {
  Record record;
  Status status = Status::stopped;
};
std::vector<Listed> list(const Host&);

/// Sends a signal to process 1, or to all processes of the container's groups.
void kill(const Host&, const std::string& id, int signal, bool all);
/// Removes what is left of a container that has stopped or was not started. `force`: kills it
/// before, and is content when there is none.
void remove(const Host&, const std::string& id, bool force);

struct ExecOptions {
  std::string id;
  oci::Process process;
  std::string pid_file, console_socket, pidfd_socket;
  bool ignore_paused = false;  ///< a paused container: waits until it is resumed
  bool needs_console_socket = false;
  unsigned preserved = 0;
};
/// The process that an exec without a description of its own starts from: that of the
/// configuration.
oci::Process configured_process(const Host&, const std::string& id);
Created exec(const Host&, const ExecOptions&);

void pause(const Host&, const std::string& id);
void resume(const Host&, const std::string& id);
/// Changes what is set in `resources`; all else stays as it is.
void update(const Host&, const std::string& id, oci::Resources);
std::vector<pid_t> processes(const Host&, const std::string& id);

}  // namespace containerlib::bundle
