#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "bundle/container.hpp"
#include "criu/options.hpp"

// Containers that are written to files and go on later, by CRIU. Both throw ECANCELED with criu's
// own reason when it cannot do it.
namespace containerlib::bundle {

struct CheckpointOptions {
  std::string id;
  criu::Options criu;
  bool leave_running = false;
  bool pre_dump = false;  ///< the memory only, as the parent of a later one; it runs on
  std::string page_server_address;
  unsigned page_server_port = 0;  ///< 0: no page server
  std::optional<int> status_fd;   ///< is written to when the page server is ready
};

/// Writes a running or paused container to a directory. It has stopped then, unless it is left
/// running.
void checkpoint(const Host&, const CheckpointOptions&);

struct RestoreOptions {
  std::string id, bundle;
  criu::Options criu;
  std::string pid_file, console_socket;
  bool needs_console_socket = false, no_pivot = false;
  bool tcp_close = false;  ///< connections are restored as closed ones
  std::string lsm_profile, lsm_mount_context;
};

/// A new container, running, of a bundle and a checkpoint. When it throws, nothing of it is left.
/// Its process is a child of the caller.
Created restore(const Host&, const RestoreOptions&);

}  // namespace containerlib::bundle
