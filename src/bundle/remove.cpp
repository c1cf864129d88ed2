#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/hooks.hpp"
#include "bundle/spec.hpp"
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

/// None where the container was never created as a whole.
std::vector<oci::Hook> poststop_hooks(const ContainerDir& dir) {
  if (!dir.has("config.json")) return {};
  return kept_spec(dir).hooks.poststop;
}

/// The container is gone whatever they do (runtime.md, "Lifecycle").
void run_poststop(const Host& host, const std::vector<oci::Hook>& hooks, const Record& record) {
  for (const oci::Hook& hook : hooks) try {
      run_hooks({hook}, "poststop", state_of(record, Status::stopped));
    } catch (const Error& error) {
      host.warn(error.what());
    }
}

}  // namespace

void remove(const Host& host, const std::string& id, bool force) {
  std::optional<ContainerDir> dir = ContainerDir::open_if_exists(host.root, id);
  if (!dir && force) return;
  if (!dir)
    throw_error(Errc::container_not_found, "delete container", id, "container does not exist");
  if (force) end_unlocked(*dir);
  if (!dir->lock()) return;
  const std::optional<Record> record = load(*dir);
  // The command that made it was killed before it had made anything else.
  if (!record) return dir->remove();
  if (!force) refuse_running(*dir, *record);
  const std::vector<oci::Hook> hooks = poststop_hooks(*dir);
  undo(host, *dir, *record);
  run_poststop(host, hooks, *record);
}

}  // namespace containerlib::bundle
