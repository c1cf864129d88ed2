#pragma once
#include <string>

#include "oci/runtime_spec.hpp"

namespace containerlib::runtime {

/// ContainerOptions::unsafe_oci_spec over what the other options have made; its comment has the
/// rules. Empty: nothing. Throws invalid_option and unsupported; the subject is the field of the
/// document, or the option when it is no document at all.
void apply_fragment(const std::string& fragment, oci::RuntimeSpec&);

}  // namespace containerlib::runtime
