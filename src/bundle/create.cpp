#include "base/error.hpp"
#include "bundle/console.hpp"
#include "bundle/container.hpp"
#include "bundle/launch.hpp"
#include "bundle/new_record.hpp"
#include "bundle/pid_file.hpp"
#include "bundle/scope.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"

namespace containerlib::bundle {
namespace {

Created launch_in(Host host, const CreateOptions& options, const ContainerDir& dir, Record& record,
                  oci::RuntimeSpec spec) {
  const std::unique_ptr<Scope> scope = find_scope(host, spec);
  const sandbox::LaunchPlan plan = compile(host, record, spec);
  for (const std::string& warning : plan.warnings) host.warn(warning);
  const sys::CgroupDirs cgroups = sandbox::cgroup_dirs(spec, host.facts);
  refuse_occupied(cgroups);
  record.cgroups = cgroups;
  if (scope) record.scope = scope->unit();
  save(dir, record);
  Console console(options.console_socket), pidfd_socket(options.pidfd_socket);
  const Fd start = listen_for_start(dir);
  LaunchInput input;
  input.plan = &plan;
  input.start = start.get();
  input.lock = dir.fd();
  input.preserved = options.preserved;
  input.tied = options.tied;
  input.on_spawned = [&](pid_t pid) {
    record.pid = pid;
    record.start_time = start_time_of(pid);
    save(dir, record);
    if (scope) scope->start(pid);
  };
  Launched launched = launch(input);
  if (!options.console_socket.empty()) console.send_terminal(std::move(launched.terminal));
  pidfd_socket.send_pidfd(launched.pid);
  return {launched.pid, std::move(launched.terminal)};
}

}  // namespace

Created create(const Host& host, const CreateOptions& options) {
  const std::string file =
      options.config.empty() ? options.bundle + "/config.json" : options.config;
  const std::string config = read_config(file);
  oci::RuntimeSpec spec = parse_spec(host, options.id, config, file);
  if (spec.process.args.empty())
    throw_error(Errc::invalid_option, "create container", "process",
                "there must be one: it is prepared here, and executed by start");
  check_terminal(spec.process.terminal, options.console_socket, options.needs_console_socket);
  spec.process.env.insert(spec.process.env.end(), options.env.begin(), options.env.end());
  Record record = new_record(options.id, options.bundle, spec);
  record.no_pivot = options.no_pivot;
  record.no_new_keyring = options.no_new_keyring;
  load_seccomp(host, state_of(record, Status::creating), spec);
  ContainerDir dir = ContainerDir::create(host.root, options.id);
  try {
    keep_config(dir, config);
    Created created = launch_in(host, options, dir, record, spec);
    if (!options.pid_file.empty()) write_pid_file(options.pid_file, created.pid);
    announce_start(dir);
    return created;
  } catch (...) {
    undo(host, dir, record);
    throw;
  }
}

}  // namespace containerlib::bundle
