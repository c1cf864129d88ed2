#include <cerrno>
#include <csignal>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/undo.hpp"
#include "linux/cgroup.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::bundle {
namespace {

void send(int process, int signal, const std::string& id) {
  const long r = sys::pidfd_send_signal(process, signal);
  if (r < 0 && r != -ESRCH) throw_errno(static_cast<int>(-r), "kill container", id);
}

void send_to_all(const Record& record, int signal) {
  if (signal == SIGKILL) return end_processes(record);
  for (const pid_t pid : sys::cgroup_processes(record.cgroups)) {
    const long fd = sys::pidfd_open(pid);
    if (fd >= 0) send(Fd(static_cast<int>(fd)).get(), signal, record.id);
  }
}

}  // namespace

void kill(const Host& host, const std::string& id, int signal, bool all) {
  // Without the lock: a command that waits for a hook shall not keep the container alive.
  const ContainerDir dir = ContainerDir::open(host.root, id);
  const Record record = load_whole(dir);
  if (all) send_to_all(record, signal);
  const Fd process = open_process(record);
  if (!process && all) return;
  if (!process) throw_error(Errc::not_running, "kill container", id, "container not running");
  send(process.get(), signal, id);
  // In a frozen group even SIGKILL waits.
  if (signal == SIGKILL && sys::is_frozen(record.cgroups)) sys::thaw_cgroup(record.cgroups);
}

}  // namespace containerlib::bundle
