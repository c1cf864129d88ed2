#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/spec.hpp"
#include "sandbox/cgroup_update.hpp"

namespace containerlib::bundle {

void update(const Host& host, const std::string& id, oci::Resources resources) {
  const ContainerDir dir = ContainerDir::open_locked(host.root, id);
  Record record = load_whole(dir);
  if (!open_process(record))
    throw_error(Errc::not_running, "update container", id, "container not running");
  oci::RuntimeSpec spec = kept_spec(dir);
  spec.resources = std::move(resources);
  record.cgroups = sandbox::update_cgroup(spec, record.cgroups, host.facts);
  save(dir, record);
}

}  // namespace containerlib::bundle
