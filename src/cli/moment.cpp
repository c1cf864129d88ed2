#include "cli/moment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

using Seconds = std::chrono::duration<double>;

std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value) || std::abs(value) > 1e11) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

double take_unit(std::string_view& text) {
  constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 0.001}, {"h", 3600}, {"m", 60}, {"s", 1}};
  for (const auto& [name, seconds] : units)
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return seconds;
    }
  return 0;
}

// "1h30m"
std::optional<Seconds> parse_duration(std::string_view text) {
  Seconds total(0);
  while (!text.empty()) {
    const std::optional<double> number = take_number(text);
    const double unit = take_unit(text);
    if (!number || unit == 0) return {};
    total += Seconds(*number * unit);
  }
  return total;
}

// With what a shorter form leaves out.
std::optional<Time> parse_date(std::string text) {
  if (text.size() == 10) text += "T00:00:00";
  if (text.size() == 16) text += ":00";
  const std::size_t zone = text.find_last_of("Z+-");
  if (zone == std::string::npos || zone < 11) text += 'Z';
  return parse_rfc3339(text);
}

Time::duration whole(Seconds seconds) {
  return std::chrono::duration_cast<Time::duration>(seconds);
}

}  // namespace

Time parse_moment(std::string_view flag, std::string_view text, Time now) {
  std::string_view rest = text;
  if (const auto number = take_number(rest); number && rest.empty())
    return Time(whole(Seconds(*number)));
  if (const auto duration = parse_duration(text); duration && !text.empty())
    return now - whole(*duration);
  if (const auto date = parse_date(std::string(text))) return *date;
  throw UsageError(
      fmt::format("invalid value \"{}\" for {}: a time is wanted, such as 10m, 2024-05-06T07:08:09 "
                  "or 1700000000",
                  text, flag));
}

}  // namespace containerlib::cli
