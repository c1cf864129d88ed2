#pragma once
#include <containerlib/options.hpp>
#include <string_view>

// Values of flags, as docker writes them. Each throws UsageError that names `flag`.
namespace containerlib::cli {

/// "64m", "1.5g", "100", "64MiB": powers of 1024, no matter how the unit is spelled.
Bytes parse_size(std::string_view flag, std::string_view text);
/// Seconds, whole or not: "5", "0.5". Negative is for ever.
Milliseconds parse_seconds(std::string_view flag, std::string_view text);
/// "0.5"; not negative.
double parse_cpus(std::string_view flag, std::string_view text);
/// "TERM", "SIGTERM", "15", "RTMIN+3".
int parse_signal(std::string_view flag, std::string_view text);
/// A whole number from `low` to `high`.
std::int64_t parse_number(std::string_view flag, std::string_view text, std::int64_t low,
                          std::int64_t high);
/// "no", "true" and the like.
bool parse_switch(std::string_view flag, std::string_view text);

}  // namespace containerlib::cli
