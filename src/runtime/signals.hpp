#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace containerlib::runtime {

/// "SIGTERM", "term", "15" or "RTMIN+3"; nullopt when there is no such signal.
std::optional<int> parse_signal(std::string_view);
/// "SIGKILL"; "signal 40" for one without a name.
std::string signal_name(int);

}  // namespace containerlib::runtime
