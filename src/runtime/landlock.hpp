#pragma once
#include <containerlib/options.hpp>

#include "oci/landlock.hpp"

namespace containerlib::runtime {

/// Paths in normal form. Throws invalid_option("landlock.paths") for one that is not absolute.
Landlock checked_landlock(Landlock);
/// With the devices that every container has, where files are limited at all.
oci::Landlock to_oci(const Landlock&);

}  // namespace containerlib::runtime
