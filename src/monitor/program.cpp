#include "monitor/program.hpp"

extern "C" const unsigned char containerlib_monitor_begin[];
extern "C" const unsigned char containerlib_monitor_end[];

namespace containerlib::monitor {

std::span<const unsigned char> monitor_program() {
  return {containerlib_monitor_begin, containerlib_monitor_end};
}

}  // namespace containerlib::monitor
