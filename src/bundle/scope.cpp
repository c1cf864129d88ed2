#include "bundle/scope.hpp"

#include "linux/cgroup_layout.hpp"

namespace containerlib::bundle {

Scope::Scope(Host& host, oci::RuntimeSpec& spec) : user_(host.facts.rootless), systemd_(user_) {
  request_.name = scope_name(spec.cgroups_path, spec.id, user_);
  request_.description = "container " + spec.id;
  // Not our own group counts, but that of the systemd that makes the container's.
  if (user_) host.facts.cgroups = sys::find_cgroups_at(systemd_.own_group());
  host.facts.cgroups.manager = sys::CgroupFacts::Manager::systemd;
  spec.cgroups_path = systemd_.own_group() + scope_path(request_.name);
  request_.properties = limit_properties(spec.resources, host.facts.cgroups);
  for (Property& property : annotated_properties(spec.annotations))
    request_.properties.push_back(std::move(property));
}

void Scope::start(pid_t pid) {
  request_.pid = pid;
  systemd_.start(request_);
}

void Scope::update() { systemd_.set_properties(unit(), request_.properties); }

std::unique_ptr<Scope> find_scope(Host& host, oci::RuntimeSpec& spec) {
  if (host.cgroup_manager != CgroupManager::systemd) return nullptr;
  return std::make_unique<Scope>(host, spec);
}

}  // namespace containerlib::bundle
