#include "bundle/undo.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <csignal>

#include "base/error.hpp"
#include "bundle/process.hpp"
#include "bundle/systemd_scope.hpp"
#include "linux/cgroup.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::chrono::seconds patience{10};

bool has_groups(const sys::CgroupDirs& dirs) { return !dirs.unified.empty() || !dirs.v1.empty(); }

}  // namespace

void end_processes(const Record& record) {
  const Fd process = open_process(record);
  if (process) {
    sys::pidfd_send_signal(process.get(), SIGKILL);
    // A v1 freezer keeps even SIGKILL waiting.
    if (sys::is_frozen(record.cgroups)) sys::thaw_cgroup(record.cgroups);
    pollfd waiter{process.get(), POLLIN, 0};
    if (::poll(&waiter, 1, std::chrono::milliseconds(patience).count()) <= 0)
      throw_error(Errc::timed_out, "kill container", record.id, "its process does not end");
    // A child of ours (run) does not leave its groups before it is reaped.
    ::waitpid(record.pid, nullptr, WNOHANG);
  }
  if (has_groups(record.cgroups)) sys::kill_cgroup(record.cgroups, patience);
}

void undo(const Host& host, ContainerDir& dir, const Record& record) {
  end_processes(record);
  // An empty scope has gone by itself, unless systemd keeps that it has failed.
  if (!record.scope.empty()) try {
      Systemd(host.facts.rootless).stop(record.scope);
    } catch (const Error& error) {
      host.warn(error.what());
    }
  if (has_groups(record.cgroups)) {
    sys::remove_cgroup(record.cgroups, patience);
    sys::remove_empty_bases(record.cgroups);
  }
  dir.remove();
}

}  // namespace containerlib::bundle
