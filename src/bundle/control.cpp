#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/cgroup.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::chrono::seconds patience{10};

/// The record of a container in one of two states.
Record in_state(const Host& host, const std::string& id, const char* operation, Status one,
                Status other) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, id);
  Record record = load_whole(dir);
  const Status status = status_of(dir, record);
  if (status != one && status != other)
    throw_error(Errc::not_running, operation, id, std::string("container is ") + name_of(status));
  return record;
}

}  // namespace

void pause(const Host& host, const std::string& id) {
  const Record record = in_state(host, id, "pause container", Status::running, Status::created);
  sys::freeze_cgroup(record.cgroups, patience);
}

void resume(const Host& host, const std::string& id) {
  const Record record = in_state(host, id, "resume container", Status::paused, Status::paused);
  sys::thaw_cgroup(record.cgroups);
}

std::vector<pid_t> processes(const Host& host, const std::string& id) {
  return sys::cgroup_processes(load_whole(ContainerDir::open(host.root, id)).cgroups);
}

}  // namespace containerlib::bundle
