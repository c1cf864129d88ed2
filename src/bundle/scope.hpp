#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "bundle/host.hpp"
#include "bundle/systemd/scope.hpp"
#include "oci/runtime_spec.hpp"

namespace containerlib::bundle {

/// A container's unit of systemd.
class Scope {
 public:
  /// Connects to systemd. The host's facts become those of groups that systemd makes, and the
  /// spec's cgroupsPath the path of the unit's group.
  Scope(Host&, oci::RuntimeSpec&);
  const std::string& unit() const { return request_.name.unit; }
  /// Makes it, with the process in it, and the limits that systemd has to know.
  void start(pid_t);
  /// Tells it the limits that have changed: the spec's.
  void update();

 private:
  bool user_;
  Systemd systemd_;
  ScopeRequest request_;
};

/// With --systemd-cgroup, else nullptr.
std::unique_ptr<Scope> find_scope(Host&, oci::RuntimeSpec&);

}  // namespace containerlib::bundle
