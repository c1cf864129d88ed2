#include "bundle/undo.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <csignal>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/hooks.hpp"
#include "bundle/process.hpp"
#include "bundle/spec.hpp"
#include "bundle/systemd/scope.hpp"
#include "linux/cgroup.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/compile.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::chrono::seconds patience{10};

bool has_groups(const sys::CgroupDirs& dirs) { return !dirs.unified.empty() || !dirs.v1.empty(); }

/// Whose schemata nobody else may use: they are few.
void remove_rdt_groups(const Host& host, const oci::RuntimeSpec& spec) {
  for (const std::string& group : sandbox::rdt_leftovers(spec, host.facts))
    if (::rmdir(group.c_str()) < 0 && errno != ENOENT)
      throw_errno(errno, "remove resctrl group", group);
}

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
  const bool ended = !open_process(record) && sys::remove_empty_cgroup(record.cgroups);
  if (!ended) end_processes(record);
  // An empty scope has gone by itself, unless systemd keeps that it has failed.
  if (!record.scope.empty()) try {
      Systemd(!host.facts.is_host_root()).stop(record.scope);
    } catch (const Error& error) {
      host.warn(error.what());
    }
  if (!ended) sys::remove_cgroup(record.cgroups, patience);
  sys::remove_empty_bases(record.cgroups);
  std::optional<oci::RuntimeSpec> spec;
  if (record.has_more && dir.has("config.json")) spec = kept_spec(dir);
  if (spec) remove_rdt_groups(host, *spec);
  dir.remove();
  // The container is gone whatever they do (runtime.md, "Lifecycle").
  if (spec)
    run_all_hooks(spec->hooks.poststop, "poststop", state_of(record, Status::stopped), host.warn);
}

}  // namespace containerlib::bundle
