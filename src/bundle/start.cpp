#include <sys/socket.h>

#include <cerrno>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/hooks.hpp"
#include "bundle/launch.hpp"
#include "bundle/spec.hpp"
#include "bundle/undo.hpp"

namespace containerlib::bundle {
namespace {

void execute_program(const Host& host, const ContainerDir& dir, const Record& record) {
  const Fd process = connect_to_start(dir);
  if (!process)
    throw_error(Errc::not_running, "start container", record.id,
                std::string("cannot start a container that is ") + name_of(status_of(dir, record)));
  if (::send(process.get(), "g", 1, MSG_NOSIGNAL) != 1)
    throw_errno(errno, "start container", record.id);
  await_execution(process.get(), [&] { return compile(host, record, kept_spec(dir)); });
  forget_start(dir);
}

/// runtime-spec 1.3, "Lifecycle": a poststart hook that fails stops the container.
void run_poststart(const ContainerDir& dir, const Record& record) try {
  run_hooks(kept_spec(dir).hooks.poststart, "poststart", state_of(record, Status::running));
} catch (const Error&) {
  end_processes(record);
  throw;
}

}  // namespace

void start(const Host& host, const std::string& id) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, id);
  const Record record = load_whole(dir);
  execute_program(host, dir, record);
  if (record.has_more) run_poststart(dir, record);
}

}  // namespace containerlib::bundle
