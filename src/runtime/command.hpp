#pragma once
#include <containerlib/container.hpp>

#include <array>
#include <memory>

#include "monitor/client.hpp"
#include "runtime/stop_check.hpp"

namespace containerlib::runtime {

class Engine;

/// A process run in a container beside its main one, and the host's ends of its streams.
struct Command {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<monitor::Session> session;
  std::array<Fd, 3> ends;
  Fd terminal;
  std::optional<Bytes> memory_limit;  ///< the container's

  /// Negative: for ever.
  std::optional<ExitStatus> wait(Milliseconds timeout);
  /// No error when it has ended already.
  void kill(int signal);
  /// To its end, with its captured output; SIGKILL after `timeout`. See collect().
  Completed complete(Milliseconds timeout, StopCheck);
};

}  // namespace containerlib::runtime
