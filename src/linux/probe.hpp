#pragma once
#include "linux/host_facts.hpp"

namespace containerlib::sys {

/// Asks this kernel and host what they can do, for this process's user. Changes nothing, starts
/// nothing; takes about a millisecond. Never throws for what is missing: the facts say so.
HostFacts probe_host();

/// The same without what no bundle needs: whether there are overlays, and for root the subordinate
/// ids, since a bundle says itself which ids it has. The command asks at each of its starts.
HostFacts probe_host_for_bundles();

}  // namespace containerlib::sys
