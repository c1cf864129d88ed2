#pragma once
#include <containerlib/fd.hpp>
#include <containerlib/options.hpp>

#include <array>

#include "monitor/client.hpp"

namespace containerlib::runtime {

/// Where a process's three streams shall go.
struct StreamOptions {
  Stream in = Stream::discard(), out = {}, err = {};
  bool tty = false;
};

/// What becomes of output that is to be kept.
enum class Capture {
  pipe,  ///< this process reads it: run(), exec()
  log,   ///< the monitor writes it to the container's log
};

/// A process's streams, ready for the monitor, and the host's ends of new pipes. The ends of the
/// process are closed with the object, so it must not outlive the start by much: a reader sees the
/// end of file only then.
struct OpenStreams {
  std::array<monitor::Stdio, 3> stdio;
  std::array<Fd, 3> host;  ///< of in, out, err; empty unless a pipe was made
  std::array<Fd, 3> process;
};

/// Makes the pipes (O_CLOEXEC). With a terminal there are none. Throws invalid_option with the name
/// of the stream.
OpenStreams open_streams(const StreamOptions&, Capture);

/// For calls that return only after the end: nobody could take the other end. Throws
/// invalid_option.
void refuse_pipes(const Stream& in, const Stream& out, const Stream& err, const char* instead);

}  // namespace containerlib::runtime
