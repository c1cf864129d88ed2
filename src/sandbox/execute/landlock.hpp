#pragma once
#include "sandbox/execute/execute.hpp"

// Steps of Landlock. All return 0 or -errno.
namespace containerlib::sandbox {

int make_landlock(Launch&, const MakeLandlock&);
int allow_path(Launch&, const AllowPath&);
int allow_port(Launch&, const AllowPort&);
int enter_landlock(Launch&);

}  // namespace containerlib::sandbox
