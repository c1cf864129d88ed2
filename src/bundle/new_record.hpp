#pragma once
#include "bundle/record.hpp"
#include "oci/runtime_spec.hpp"

namespace containerlib::bundle {

/// The record of a container that is to be made of this bundle, now, by this user.
Record new_record(const std::string& id, const std::string& bundle, const oci::RuntimeSpec&);

/// What is in a container's groups dies with it, so nobody else may be there.
void refuse_occupied(const sys::CgroupDirs&);

}  // namespace containerlib::bundle
