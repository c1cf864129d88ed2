#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <ctime>

#include "base/error.hpp"
#include "bundle/console.hpp"
#include "bundle/container.hpp"
#include "bundle/launch.hpp"
#include "bundle/pid_file.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"
#include "sandbox/cgroup_dirs.hpp"

namespace containerlib::bundle {
namespace {

std::string absolute(const std::string& path, const char* what) {
  char resolved[PATH_MAX];
  if (!::realpath(path.c_str(), resolved)) throw_errno(errno, std::string("find ") + what, path);
  return resolved;
}

std::string now() {
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  tm parts;
  ::gmtime_r(&time.tv_sec, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string nanoseconds = std::to_string(time.tv_nsec);
  return std::string(text, size) + '.' + std::string(9 - nanoseconds.size(), '0') + nanoseconds +
         'Z';
}

Record make_record(const CreateOptions& options, const oci::RuntimeSpec& spec) {
  Record record;
  record.id = options.id;
  record.oci_version = spec.oci_version;
  record.bundle = absolute(options.bundle, "bundle");
  record.rootfs = absolute(
      spec.root_path.starts_with('/') ? spec.root_path : record.bundle + '/' + spec.root_path,
      "root file system");
  record.created = now();
  record.owner = ::geteuid();
  record.annotations = spec.annotations;
  record.no_pivot = options.no_pivot;
  record.no_new_keyring = options.no_new_keyring;
  return record;
}

/// What is in the container's groups dies with it, so nobody else may be there.
void refuse_occupied(const sys::CgroupDirs& cgroups) {
  const std::vector<pid_t> there = sys::cgroup_processes(cgroups);
  if (!there.empty())
    throw_error(Errc::in_use, "use cgroup", "linux.cgroupsPath",
                "process " + std::to_string(there[0]) + " is in it");
  if (sys::is_frozen(cgroups))
    throw_error(Errc::in_use, "use cgroup", "linux.cgroupsPath", "it is frozen");
}

Created launch_in(const Host& host, const CreateOptions& options, const ContainerDir& dir,
                  Record& record, const oci::RuntimeSpec& spec) {
  const sandbox::LaunchPlan plan = compile(host, record, spec);
  for (const std::string& warning : plan.warnings) host.warn(warning);
  const sys::CgroupDirs cgroups = sandbox::cgroup_dirs(spec, host.facts);
  refuse_occupied(cgroups);
  record.cgroups = cgroups;
  save(dir, record);
  Console console(options.console_socket);
  const Fd start = listen_for_start(dir);
  LaunchInput input;
  input.plan = &plan;
  input.start = start.get();
  input.lock = dir.fd();
  input.preserved = options.preserved;
  input.on_spawned = [&](pid_t pid) {
    record.pid = pid;
    record.start_time = start_time_of(pid);
    save(dir, record);
  };
  Launched launched = launch(input);
  if (!options.console_socket.empty()) console.send(std::move(launched.terminal));
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
  Record record = make_record(options, spec);
  load_seccomp(host, spec);
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
