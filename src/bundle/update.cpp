#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/scope.hpp"
#include "bundle/spec.hpp"
#include "linux/cgroup_layout.hpp"
#include "sandbox/compile/cgroup_update.hpp"

namespace containerlib::bundle {

namespace {

/// The container's groups are what they were made, whatever this command was told of managers.
void set_manager(Host& host, const Record& record) {
  host.cgroup_manager = record.scope.empty() ? CgroupManager::cgroupfs : CgroupManager::systemd;
  if (record.cgroups.unified.empty() && record.cgroups.v1.empty())
    host.facts.cgroups = sys::no_cgroups(host.facts.cgroups);
}

}  // namespace

void update(const Host& given, const std::string& id, oci::Resources resources) {
  Host host = given;
  const ContainerDir dir = ContainerDir::open_locked(host.root, id);
  Record record = load_whole(dir);
  if (!open_process(record))
    throw_error(Errc::not_running, "update container", id, "container not running");
  oci::RuntimeSpec spec = kept_spec(dir);
  spec.annotations.clear();
  spec.resources = std::move(resources);
  set_manager(host, record);
  const std::unique_ptr<Scope> scope = find_scope(host, spec);
  // First: systemd writes to the files, too.
  if (scope) scope->update();
  record.cgroups = sandbox::update_cgroup(spec, record.cgroups, host.facts);
  save(dir, record);
}

}  // namespace containerlib::bundle
