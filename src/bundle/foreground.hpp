#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

namespace containerlib::bundle {

/// Signals that come while a container runs in the foreground, blocked from now on, so that none is
/// lost between its making and wait_in_foreground().
class ForwardedSignals {
 public:
  ForwardedSignals();
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

/// Gives a terminal the size of the one on our standard input, if that is one.
void copy_size(int terminal);

/// Passes signals on to the process (a child of ours) and, with a terminal's master, copies between
/// it and our own standard streams, until the process ends. Its exit code; 128 + n for signal n.
int wait_in_foreground(const ForwardedSignals&, pid_t, Fd terminal);

}  // namespace containerlib::bundle
