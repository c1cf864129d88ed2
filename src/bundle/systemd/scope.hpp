#pragma once
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "bundle/systemd/scope_name.hpp"
#include "bundle/systemd/scope_properties.hpp"

namespace containerlib::bundle {

struct ScopeRequest {
  ScopeName name;
  pid_t pid = 0;  ///< goes into the scope
  std::string description;
  std::vector<Property> properties;  ///< besides those that every container's scope has
};

/// A connection to systemd, the system's or the user's. All throw Error: unsupported where no
/// systemd runs or libsystemd is missing, else what systemd has answered.
class Systemd {
 public:
  explicit Systemd(bool user);
  ~Systemd();
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  /// The group below which it makes those of units, from the hierarchy's mount point on: "" for the
  /// system's, "/user.slice/…" for a user's.
  std::string own_group();
  /// Makes the unit and waits until it is there and the process is in it.
  void start(const ScopeRequest&);
  /// Of a unit that runs.
  void set_properties(const std::string& unit, const std::vector<Property>&);
  /// Stops it, and forgets that it may have failed; no error when there is none.
  void stop(const std::string& unit);

 private:
  struct Connection;
  std::unique_ptr<Connection> bus_;
};

}  // namespace containerlib::bundle
