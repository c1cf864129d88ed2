#pragma once
#include "linux/host_facts.hpp"

namespace containerlib::sys {

/// Asks this kernel and host what they can do, for this process's user. Changes nothing, starts
/// nothing; takes about a millisecond. Never throws for what is missing: the facts say so.
HostFacts probe_host();

}  // namespace containerlib::sys
