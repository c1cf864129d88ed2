#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "oci/resources.hpp"

// Which devices a container may use. Pure.
namespace containerlib::sandbox {

/// A rule for one type of device.
struct DeviceRule {
  bool allow = false;
  char type = 'c';                      ///< 'c', 'b'
  std::int64_t major = -1, minor = -1;  ///< -1: any
  unsigned access = 0;                  ///< device_read, …
};
inline constexpr unsigned device_mknod = 1, device_read = 2, device_write = 4, device_all = 7;

/// For each kind of access the last rule that matches counts; `allow` when there is none.
struct DeviceRules {
  bool allow = false;
  std::vector<DeviceRule> rules;
  /// All is allowed: nothing has to be done.
  bool all() const { return allow && rules.empty(); }
};

/// The rules of linux.resources.devices, then those that every runtime adds: the devices that
/// config-linux.md wants in each container ("Default Devices") may be used, and any node made. What
/// no rule is about is denied, as it is by runc and crun. Throws invalid_option (the field).
DeviceRules device_rules(const std::vector<oci::DeviceRule>&);

/// The lines for the devices controller of v1, first to last: (file, value).
struct DeviceLine {
  const char* file;
  std::string value;
};
/// Throws unsupported for what v1 cannot express: an exception from an exception.
std::vector<DeviceLine> device_lines(const DeviceRules&);

}  // namespace containerlib::sandbox
