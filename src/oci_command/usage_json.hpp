#pragma once
#include <boost/json/object.hpp>

#include "linux/cgroup_usage.hpp"

namespace containerlib::oci_command {

/// What containers' groups count, with the names that runc's `events` has for it. What nothing
/// counts is left out.
boost::json::object to_json(const sys::CgroupUsage&);

}  // namespace containerlib::oci_command
