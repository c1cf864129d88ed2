#pragma once
#include <containerlib/containerlib.hpp>

namespace containerlib::cli {

struct LogPrinting {
  bool timestamps = false;
  std::chrono::system_clock::time_point since = {};  ///< earlier lines are left out
};
/// To standard output and standard error, as the container wrote them, until there are no more.
void print_logs(LogReader, const LogPrinting&);

}  // namespace containerlib::cli
