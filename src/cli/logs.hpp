#pragma once
#include <containerlib/containerlib.hpp>

namespace containerlib::cli {

struct LogPrinting {
  bool timestamps = false;
  std::chrono::system_clock::time_point since = {};  ///< earlier lines are left out
  std::chrono::system_clock::time_point until = std::chrono::system_clock::time_point::max();
};
/// To standard output and standard error, byte for byte as the container wrote them, until there
/// are no more. False: one of them takes no more.
bool print_logs(LogReader, const LogPrinting&);

}  // namespace containerlib::cli
