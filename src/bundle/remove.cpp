#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/undo.hpp"

namespace containerlib::bundle {
namespace {

/// A command that creates the container, and has its lock, ends by this too.
void end_unlocked(const ContainerDir& dir) {
  if (const std::optional<Record> record = load(dir)) end_processes(*record);
}

void refuse_running(const ContainerDir& dir, const Record& record) {
  const Status status = status_of(dir, record);
  if (status == Status::stopped || status == Status::created) return;
  throw_error(Errc::in_use, "delete container", record.id,
              std::string("cannot delete a container that is ") + name_of(status) +
                  "; stop it before, or use --force");
}

}  // namespace

void remove(const Host& host, const std::string& id, bool force) {
  std::optional<ContainerDir> dir = ContainerDir::open_if_exists(host.root, id);
  if (!dir && force) return;
  if (!dir)
    throw_error(Errc::container_not_found, "delete container", id, "container does not exist");
  if (force && !dir->lock_at_once()) end_unlocked(*dir);
  if (!dir->lock()) return;
  const std::optional<Record> record = load(*dir);
  // The command that made it was killed before it had made anything else.
  if (!record) return dir->remove();
  if (!force) refuse_running(*dir, *record);
  undo(host, *dir, *record);
}

}  // namespace containerlib::bundle
