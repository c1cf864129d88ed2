#include "bundle/checkpoint.hpp"

#include "base/error.hpp"
#include "bundle/criu_process.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"
#include "criu/dump.hpp"
#include "criu/images.hpp"
#include "criu/mounts.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char* operation = "checkpoint container";

void refuse_idle(const ContainerDir& dir, const Record& record) {
  const Status status = status_of(dir, record);
  if (status == Status::running || status == Status::paused) return;
  throw_error(Errc::not_running, operation, record.id,
              std::string("container is ") + name_of(status));
}

void add_page_server(criu::Request& request, const CheckpointOptions& options) {
  if (options.page_server_port == 0) return;
  criu::Message server;
  server.text(1, options.page_server_address);
  server.number(2, options.page_server_port);
  request.options.message(criu::criu_page_server, server);
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
  if (const std::string freezer = criu::freezer_of(record.cgroups); !freezer.empty())
    m.text(criu::criu_freeze_cgroup, freezer);
  if (options.status_fd) m.number(criu::criu_status_fd, static_cast<unsigned>(*options.status_fd));
  add_page_server(request, options);
  if (options.pre_dump) {
    m.flag(criu::criu_track_mem, true);
  } else {
    criu::refuse_id_mapped(spec);
    criu::describe_dump(request, record.pid, spec, criu::stream_names(record.pid));
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
