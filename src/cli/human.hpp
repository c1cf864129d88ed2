#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Numbers and times as docker shows them.
namespace containerlib::cli {

using Time = std::chrono::system_clock::time_point;

/// "4.26MB": powers of 1000, three digits.
std::string decimal_size(std::uint64_t bytes);
/// "64MiB": powers of 1024, four digits.
std::string binary_size(std::uint64_t bytes);
/// "About a minute", "3 hours".
std::string human_duration(std::chrono::seconds);
/// "3 hours ago".
std::string ago(Time then, Time now);
/// "2024-05-06T07:08:09.123456789Z"
std::string rfc3339(Time);
/// "2024-05-06 07:08:09 +0000 UTC"
std::string long_time(Time);
/// Empty when `text` is none.
std::optional<Time> parse_rfc3339(std::string_view text);
/// At most `width` characters, the last of them "…" when something was cut. UTF-8 stays whole.
std::string shortened(std::string_view text, std::size_t width);
/// Characters that could steer a terminal as \xNN.
std::string harmless(std::string_view text);
/// How many characters a UTF-8 text has.
std::size_t characters(std::string_view text);
/// "sha256:0123456789abcdef…" and plain ids to their first 12 digits.
std::string short_id(std::string_view id);

}  // namespace containerlib::cli
