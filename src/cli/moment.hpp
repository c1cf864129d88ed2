#pragma once
#include <string_view>

#include "cli/human.hpp"

namespace containerlib::cli {

/// A point in time as `logs --since` takes it: "10m" and "1h30m" ago, seconds since 1970
/// ("1700000000.5"), or a date in UTC unless it says otherwise ("2024-05-06", "2024-05-06T07:08",
/// "2024-05-06T07:08:09.5+02:00"). Throws UsageError that names `flag`.
Time parse_moment(std::string_view flag, std::string_view text, Time now);

}  // namespace containerlib::cli
