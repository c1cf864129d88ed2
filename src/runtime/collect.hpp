#pragma once
#include <containerlib/container.hpp>

#include <array>

#include "monitor/client.hpp"
#include "runtime/stop_check.hpp"

namespace containerlib::runtime {

/// How a process ended and what it has printed.
struct Collected {
  monitor::ExitRecord exit;
  bool timed_out = false;
  std::string out, err;
};

/// Reads `out` and `err` (empty descriptors are left out) until both have ended and the process
/// too. After `timeout` (zero: none) the process gets SIGKILL. A process that has ended but left
/// the pipes open elsewhere (exec: in the background) does not keep the caller: what has come by
/// then is all. A terminal counts as ended when its other side is closed (EIO). Throws what the
/// check throws; whatever is thrown, the process has been killed and is gone then.
Collected collect(monitor::Session&, Fd out, Fd err, Milliseconds timeout, StopCheck);

}  // namespace containerlib::runtime
