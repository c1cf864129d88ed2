#include <sys/socket.h>

#include <cerrno>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/launch.hpp"
#include "bundle/spec.hpp"

namespace containerlib::bundle {
void start(const Host& host, const std::string& id) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, id);
  const Record record = load_whole(dir);
  const Fd process = connect_to_start(dir);
  if (!process)
    throw_error(Errc::not_running, "start container", id,
                std::string("cannot start a container that is ") + name_of(status_of(dir, record)));
  if (::send(process.get(), "g", 1, MSG_NOSIGNAL) != 1) throw_errno(errno, "start container", id);
  await_execution(process.get(), [&] { return compile(host, record, kept_spec(dir), {}); });
  dir.remove_file("start");
}

}  // namespace containerlib::bundle
