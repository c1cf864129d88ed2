#include <algorithm>

#include "base/error.hpp"
#include "bundle/console.hpp"
#include "bundle/container.hpp"
#include "bundle/launch.hpp"
#include "bundle/pid_file.hpp"
#include "bundle/spec.hpp"
#include "sandbox/compile.hpp"

namespace containerlib::bundle {
namespace {

bool has_user_namespace(const oci::RuntimeSpec& spec) {
  return std::any_of(spec.namespaces.begin(), spec.namespaces.end(),
                     [](const oci::Namespace& ns) { return ns.type == "user"; });
}

[[noreturn]] void refuse(const std::string& id, Status status) {
  throw_error(Errc::not_running, "exec in container", id,
              std::string("cannot exec in a ") + name_of(status) + " container");
}

}  // namespace

oci::Process configured_process(const Host& host, const std::string& id) {
  return kept_spec(ContainerDir::open(host.root, id)).process;
}

Created exec(const Host& host, const ExecOptions& options) {
  check_terminal(options.process.terminal, options.console_socket, options.needs_console_socket);
  const ContainerDir dir = ContainerDir::open(host.root, options.id);
  const Record record = load_whole(dir);
  const Fd process = open_process(record);
  if (!process) refuse(options.id, Status::stopped);
  if (!options.ignore_paused && sys::is_frozen(record.cgroups)) refuse(options.id, Status::paused);
  oci::RuntimeSpec spec = kept_spec(dir);
  load_seccomp(host, state_of(record, Status::running), spec);
  const sandbox::LaunchPlan plan = sandbox::compile_exec(options.process, spec.seccomp, host.facts,
                                                         record.cgroups, has_user_namespace(spec));
  for (const std::string& warning : plan.warnings) host.warn(warning);
  Console console(options.console_socket), pidfd_socket(options.pidfd_socket);
  LaunchInput input;
  input.plan = &plan;
  input.join = process.get();
  input.preserved = options.preserved;
  Launched launched = launch(input);
  if (!options.console_socket.empty()) console.send_terminal(std::move(launched.terminal));
  pidfd_socket.send_pidfd(launched.pid);
  if (!options.pid_file.empty()) write_pid_file(options.pid_file, launched.pid);
  return {launched.pid, std::move(launched.terminal)};
}

}  // namespace containerlib::bundle
