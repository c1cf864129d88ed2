#pragma once
#include <containerlib/runtime.hpp>

namespace containerlib::runtime {

class Engine;

HostInfo host_info(const Engine&);

}  // namespace containerlib::runtime
