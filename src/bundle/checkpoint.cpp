#include "bundle/checkpoint.hpp"

#include "base/error.hpp"
#include "bundle/criu/criu.hpp"
#include "bundle/criu/images.hpp"
#include "bundle/criu/mounts.hpp"
#include "bundle/criu/namespaces.hpp"
#include "bundle/criu/streams.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"

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

void add_page_server(CriuRequest& request, const CheckpointOptions& options) {
  if (options.page_server_port == 0) return;
  CriuMessage server;
  server.text(1, options.page_server_address);
  server.number(2, options.page_server_port);
  request.options.message(criu_page_server, server);
}

/// All but the memory, which is all that a pre-dump is about.
void add_contents(CriuRequest& request, const Record& record, const oci::RuntimeSpec& spec) {
  for (const ExternalMount& mount : external_mounts(record.pid, spec))
    request.add_pair(criu_ext_mnt, mount.path, mount.name);
  request.options.flag(criu_ext_masters, true);
  add_external_namespaces(request, spec, record.pid);
  const StreamNames streams = stream_names(record.pid);
  add_external_streams(request, streams);
  save_stream_names(request.images.get(), streams);
}

}  // namespace

void checkpoint(const Host& host, const CheckpointOptions& options) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, options.id);
  const Record record = load_whole(dir);
  refuse_idle(dir, record);
  const oci::RuntimeSpec spec = kept_spec(dir);
  CriuRequest request = make_criu_request(options.criu, "dump.log", true);
  CriuMessage& m = request.options;
  m.number(criu_pid, static_cast<unsigned>(record.pid));
  m.text(criu_root, record.rootfs);
  m.flag(criu_leave_running, options.leave_running);
  if (const std::string freezer = freezer_of(record.cgroups); !freezer.empty())
    m.text(criu_freeze_cgroup, freezer);
  if (options.status_fd) m.number(criu_status_fd, static_cast<unsigned>(*options.status_fd));
  add_page_server(request, options);
  if (options.pre_dump) {
    m.flag(criu_track_mem, true);
  } else {
    add_contents(request, record, spec);
  }
  const gid_t group = group_of_root(record.pid);
  Criu criu(options.criu.program, {});
  if (!criu.ask(options.pre_dump ? Criu::single_pre_dump : Criu::dump, m, [](Criu::Notice&) {})
           .success)
    throw_criu_failure(request, criu.said(), operation, options.id);
  share_images(request.images.get(), group);
  if (!options.leave_running && !options.pre_dump) end_processes(record);
}

}  // namespace containerlib::bundle
