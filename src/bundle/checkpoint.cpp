#include "bundle/checkpoint.hpp"

#include "base/error.hpp"
#include "bundle/criu_process.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"
#include "criu/images.hpp"
#include "criu/mounts.hpp"
#include "criu/namespaces.hpp"
#include "criu/streams.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char* operation = "checkpoint container";

void refuse_idle(const ContainerDir& dir, const Record& record) {
  const Status status = status_of(dir, record);
  if (status == Status::running || status == Status::paused) return;
  throw_error(Errc::not_running, operation, record.id,
              std::string("container is ") + name_of(status));
}

/// Where criu finds a freezer: then no process escapes while it stops them.
std::string freezer_of(const sys::CgroupDirs& dirs) {
  const auto v1 = dirs.v1.find("freezer");
  if (v1 != dirs.v1.end()) return v1->second;
  return dirs.unified;
}

void add_page_server(criu::Request& request, const CheckpointOptions& options) {
  if (options.page_server_port == 0) return;
  criu::Message server;
  server.text(1, options.page_server_address);
  server.number(2, options.page_server_port);
  request.options.message(criu::criu_page_server, server);
}

/// All but the memory, which is all that a pre-dump is about.
void add_contents(criu::Request& request, const Record& record, const oci::RuntimeSpec& spec) {
  criu::refuse_id_mapped(spec);
  for (const criu::ExternalMount& mount : criu::external_mounts(record.pid, spec))
    request.add_pair(criu::criu_ext_mnt, mount.path, mount.name);
  request.options.flag(criu::criu_ext_masters, true);
  criu::add_external_namespaces(request, spec, record.pid);
  const criu::StreamNames streams = criu::stream_names(record.pid);
  criu::add_external_streams(request, streams);
  criu::save_stream_names(request.images.get(), streams);
}

}  // namespace

void checkpoint(const Host& host, const CheckpointOptions& options) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, options.id);
  const Record record = load_whole(dir);
  refuse_idle(dir, record);
  const oci::RuntimeSpec spec = kept_spec(dir);
  criu::Request request = criu::make_request(options.criu, "dump.log", true);
  criu::Message& m = request.options;
  m.number(criu::criu_pid, static_cast<unsigned>(record.pid));
  m.text(criu::criu_root, record.rootfs);
  m.flag(criu::criu_leave_running, options.leave_running);
  if (const std::string freezer = freezer_of(record.cgroups); !freezer.empty())
    m.text(criu::criu_freeze_cgroup, freezer);
  if (options.status_fd) m.number(criu::criu_status_fd, static_cast<unsigned>(*options.status_fd));
  add_page_server(request, options);
  if (options.pre_dump) {
    m.flag(criu::criu_track_mem, true);
  } else {
    add_contents(request, record, spec);
  }
  const gid_t group = criu::group_of_root(record.pid);
  CriuProcess process(options.criu.program, {});
  if (!process
           .ask(options.pre_dump ? criu::Job::single_pre_dump : criu::Job::dump, m,
                [](criu::Notice&) {})
           .success)
    criu::throw_failure(request, process.said(), operation, options.id);
  criu::share_images(request.images.get(), group);
  if (!options.leave_running && !options.pre_dump) end_processes(record);
}

}  // namespace containerlib::bundle
