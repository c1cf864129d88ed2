#include <algorithm>

#include "base/error.hpp"
#include "bundle/checkpoint.hpp"
#include "bundle/console.hpp"
#include "bundle/criu_mount_points.hpp"
#include "bundle/criu_process.hpp"
#include "bundle/criu_root.hpp"
#include "bundle/hooks.hpp"
#include "bundle/launch.hpp"
#include "bundle/new_record.hpp"
#include "bundle/pid_file.hpp"
#include "bundle/scope.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"
#include "criu/groups.hpp"
#include "criu/mounts.hpp"
#include "criu/namespaces.hpp"
#include "criu/streams.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"
#include "sandbox/execute/outside.hpp"
#include "sandbox/failure.hpp"

namespace containerlib::bundle {
namespace {

void check(const sandbox::LaunchPlan& plan, const sandbox::Failure& failure) {
  if (failure.errnum) sandbox::throw_failure(plan, failure.step, failure.errnum);
}

/// Executes the steps for this process.
void put_in_groups(const sandbox::LaunchPlan& plan, pid_t pid) {
  const std::string bytes = plan.bytes();
  sandbox::Launch launch(view_of(bytes));
  check(plan, sandbox::execute_before(launch));
  check(plan, sandbox::execute_after(launch, pid));
}

/// One restore on its way.
struct Restoring {
  const Host& host;
  const RestoreOptions& options;
  const oci::RuntimeSpec& spec;
  ContainerDir& dir;
  Record& record;
  Scope* scope;  ///< may be none
  Console console{options.console_socket};
  Fd terminal{};

  void describe(criu::Request&, const criu::StreamNames&);
  void know(pid_t);
  void hear(criu::Notice&);
  Created run();
};

void Restoring::describe(criu::Request& request, const criu::StreamNames& streams) {
  criu::Message& m = request.options;
  m.flag(criu::criu_rst_sibling, true);
  // A device may have another path here.
  m.flag(criu::criu_evasive_devices, true);
  m.flag(criu::criu_ext_masters, true);
  m.flag(criu::criu_tcp_close, options.tcp_close);
  if (!options.lsm_profile.empty()) m.text(criu::criu_lsm_profile, options.lsm_profile);
  if (!options.lsm_mount_context.empty())
    m.text(criu::criu_lsm_mount_context, options.lsm_mount_context);
  for (const criu::ExternalMount& mount : criu::sources_of_external_mounts(spec, record.bundle))
    request.add_pair(criu::criu_ext_mnt, mount.name, mount.path);
  criu::add_inherited_streams(request, streams, CriuProcess::first_inherited);
}

void Restoring::know(pid_t pid) {
  record.pid = pid;
  record.start_time = start_time_of(pid);
  save(dir, record);
}

void Restoring::hear(criu::Notice& notice) {
  if (notice.script == "setup-namespaces") {
    know(notice.pid);
    run_hooks(spec.hooks.prestart, "prestart", state_of(record, Status::creating));
    run_hooks(spec.hooks.create_runtime, "createRuntime", state_of(record, Status::creating));
  } else if (notice.script == "orphan-pts-master") {
    terminal = std::move(notice.fd);
  } else if (notice.script == "post-restore" && spec.root_readonly) {
    make_root_readonly(record.pid);
  }
}

Created Restoring::run() {
  make_mount_points(spec, record.bundle, record.rootfs);
  // First of all, as criu mounts something in the directory of the images too, and can do so only
  // where it was opened in its own mount namespace.
  CriuRoot root(dir.path_of("criu-root"), record.rootfs);
  criu::Request request = criu::make_request(options.criu, "restore.log", false);
  const criu::StreamNames streams = criu::load_stream_names(request.images.get());
  describe(request, streams);
  const std::array<Fd, 3> own = criu::inherited_streams(streams);
  const std::vector<Fd> namespaces = criu::add_joined_namespaces(
      request, spec, CriuProcess::first_inherited + static_cast<int>(own.size()));
  CriuHeritage heritage{.descriptors = {own[0].get(), own[1].get(), own[2].get()},
                        .keyring = "_ses." + options.id.substr(0, 12),
                        .no_groups = true,
                        .no_new_privileges = spec.process.no_new_privileges};
  for (const Fd& fd : namespaces) heritage.descriptors.push_back(fd.get());
  request.options.text(criu::criu_root, root.path());
  CriuProcess process(options.criu.program, heritage);
  root.leave();
  if (scope) scope->start(process.pid());
  put_in_groups(criu::groups_only(compile(host, record, spec)), process.pid());
  criu::add_group_roots(request, process.pid());
  const criu::Answer answer =
      process.ask(criu::Job::restore, request.options, [&](criu::Notice& notice) { hear(notice); });
  if (!answer.success)
    criu::throw_failure(request, process.said(), "restore container", options.id);
  know(answer.pid);
  if (terminal && !options.console_socket.empty()) console.send_terminal(std::move(terminal));
  return {answer.pid, std::move(terminal)};
}

Created restore_in(Host host, const RestoreOptions& options, ContainerDir& dir, Record& record,
                   oci::RuntimeSpec spec) {
  const std::unique_ptr<Scope> scope = find_scope(host, spec);
  const sys::CgroupDirs cgroups = sandbox::cgroup_dirs(spec, host.facts);
  refuse_occupied(cgroups);
  record.cgroups = cgroups;
  if (scope) record.scope = scope->unit();
  save(dir, record);
  return Restoring{host, options, spec, dir, record, scope.get()}.run();
}

bool has_own_cgroup_namespace(const oci::RuntimeSpec& spec) {
  return std::any_of(spec.namespaces.begin(), spec.namespaces.end(), [](const auto& space) {
    return space.type == "cgroup" && space.path.empty();
  });
}

void warn_of_losses(const Host& host, const RestoreOptions& options, const oci::RuntimeSpec& spec) {
  if (options.criu.manage_cgroups == "ignore" && has_own_cgroup_namespace(spec))
    host.warn(
        "with --manage-cgroups-mode ignore the container gets no cgroup namespace of its own");
  if (spec.process.io_priority) host.warn("process.ioPriority is not restored: criu cannot");
  if (spec.memory_policy) host.warn("linux.memoryPolicy is not restored: criu cannot");
}

}  // namespace

Created restore(const Host& host, const RestoreOptions& options) {
  const std::string file = options.bundle + "/config.json";
  const std::string config = read_config(file);
  const oci::RuntimeSpec spec = parse_spec(host, options.id, config, file);
  check_terminal(spec.process.terminal, options.console_socket, options.needs_console_socket);
  warn_of_losses(host, options, spec);
  Record record = new_record(options.id, options.bundle, spec);
  record.no_pivot = options.no_pivot;
  ContainerDir dir = ContainerDir::create(host.root, options.id);
  try {
    keep_config(dir, config);
    Created restored = restore_in(host, options, dir, record, spec);
    if (!options.pid_file.empty()) write_pid_file(options.pid_file, restored.pid);
    return restored;
  } catch (...) {
    undo(host, dir, record);
    throw;
  }
}

}  // namespace containerlib::bundle
