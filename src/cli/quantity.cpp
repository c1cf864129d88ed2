#include "cli/quantity.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

[[noreturn]] void refuse(std::string_view flag, std::string_view text, std::string_view wanted) {
  throw UsageError(fmt::format("invalid value \"{}\" for {}: {}", text, flag, wanted));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  return result;
}

// A finite number at the start of `text`, which is moved past it.
bool take_number(std::string_view& text, double& value) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value)) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

double unit_size(const std::string& unit) {
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = std::string("kmgtp").find(unit[0]);
  const std::string rest = unit.substr(1);
  if (power == std::string::npos || !(rest.empty() || rest == "b" || rest == "ib")) return 0;
  return std::ldexp(1.0, 10 * (static_cast<int>(power) + 1));
}

}  // namespace

Bytes parse_size(std::string_view flag, std::string_view text) {
  static constexpr auto wanted = "a size is wanted, such as 64m or 1.5g";
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value) || value < 0) refuse(flag, text, wanted);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const double unit = unit_size(lower(rest));
  if (unit == 0) refuse(flag, text, wanted);
  if (value * unit >= std::ldexp(1.0, 63)) refuse(flag, text, "too large");
  return {static_cast<std::uint64_t>(value * unit)};
}

Milliseconds parse_seconds(std::string_view flag, std::string_view text) {
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value) || !rest.empty() || value > 1e9)
    refuse(flag, text, "a number of seconds is wanted");
  if (value < 0) return Milliseconds(-1);
  return Milliseconds(static_cast<std::int64_t>(value * 1000));
}

double parse_cpus(std::string_view flag, std::string_view text) {
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value) || !rest.empty() || value < 0)
    refuse(flag, text, "a number of CPUs is wanted, such as 0.5");
  return value;
}

int parse_signal(std::string_view flag, std::string_view text) {
  std::string_view name = text;
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) {
    if (number >= 1 && number <= SIGRTMAX) return number;
    refuse(flag, text, "no such signal");
  }
  if (name.size() > 3 && strncasecmp(name.data(), "SIG", 3) == 0) name.remove_prefix(3);
  if (lower(name.substr(0, 6)) == "rtmin+")
    return 34 + static_cast<int>(parse_number(flag, name.substr(6), 0, SIGRTMAX - 34));
  for (int i = 1; i < 32; ++i) {
    const char* known = sigabbrev_np(i);
    if (known && lower(known) == lower(name)) return i;
  }
  refuse(flag, text, "no such signal");
}

std::int64_t parse_number(std::string_view flag, std::string_view text, std::int64_t low,
                          std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    refuse(flag, text, fmt::format("a whole number from {} to {} is wanted", low, high));
  return value;
}

bool parse_switch(std::string_view flag, std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"true", "1", "yes", "on"})
    if (word == yes) return true;
  for (const char* no : {"false", "0", "no", "off"})
    if (word == no) return false;
  refuse(flag, text, "true or false is wanted");
}

}  // namespace containerlib::cli
