#include "runtime/command.hpp"

#include <cerrno>
#include <csignal>

#include "linux/syscalls.hpp"
#include "runtime/collect.hpp"
#include "runtime/invalid.hpp"
#include "runtime/life_file.hpp"

namespace containerlib::runtime {

std::optional<ExitStatus> Command::wait(Milliseconds timeout) {
  const auto record = session->wait(timeout);
  if (!record) return {};
  return to_status(*record, memory_limit);
}

void Command::kill(int signal) {
  if (signal < 1 || signal > 64) invalid("signal", "must be from 1 to 64");
  const long result = sys::pidfd_send_signal(session->pidfd.get(), signal);
  if (result < 0 && result != -ESRCH)
    throw_errno(static_cast<int>(-result), "kill process", std::to_string(session->pid));
}

Completed Command::complete(Milliseconds timeout, StopCheck stop) {
  Fd out = terminal ? std::move(terminal) : std::move(ends[1]);
  Collected collected =
      collect(*session, std::move(out), std::move(ends[2]), timeout, std::move(stop));
  Completed result;
  result.status = to_status(collected.exit, memory_limit);
  if (collected.timed_out) result.status = {ExitStatus::Kind::timed_out, SIGKILL, {}};
  result.out = std::move(collected.out);
  result.err = std::move(collected.err);
  return result;
}

}  // namespace containerlib::runtime
