#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on namespaces. All return 0 or -errno.
namespace containerlib::sandbox {

/// EINVAL: not a namespace of this type. EPERM: the runner's own, which the step does not allow.
/// The runner's own user namespace leaves the slot empty: it cannot be joined again (setns(2)).
int open_namespace(Launch&, const OpenNamespace&);
int loopback_up();

}  // namespace containerlib::sandbox
