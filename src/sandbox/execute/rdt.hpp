#pragma once
#include "sandbox/execute/execute.hpp"

// Steps on resctrl (Documentation/arch/x86/resctrl.rst). All return 0 or -errno.
namespace containerlib::sandbox {

/// ENOENT: it must exist and does not. EEXIST: it exists with other schemata.
int make_rdt_group(const Launch&, const MakeRdtGroup&);
int make_monitor_group(const char* path);

}  // namespace containerlib::sandbox
