#include "cli/human.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <time.h>

#include <array>

namespace containerlib::cli {
namespace {

template <std::size_t N>
std::pair<double, const char*> scaled(std::uint64_t bytes, double base,
                                      const std::array<const char*, N>& units) {
  double value = static_cast<double>(bytes);
  std::size_t i = 0;
  for (; value >= base && i + 1 < N; ++i) value /= base;
  return {value, units[i]};
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string decimal_size(std::uint64_t bytes) {
  static constexpr std::array units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  const auto [value, unit] = scaled(bytes, 1000, units);
  return fmt::format("{:.3g}{}", value, unit);
}

std::string binary_size(std::uint64_t bytes) {
  static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const auto [value, unit] = scaled(bytes, 1024, units);
  return fmt::format("{:.4g}{}", value, unit);
}

std::string human_duration(std::chrono::seconds duration) {
  const std::int64_t seconds = duration.count(), minutes = seconds / 60;
  const std::int64_t hours = (seconds + 1800) / 3600;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  const std::int64_t days = hours / 24;
  if (days < 14) return fmt::format("{} days", days);
  if (days < 60) return fmt::format("{} weeks", days / 7);
  if (days < 730) return fmt::format("{} months", days / 30);
  return fmt::format("{} years", days / 365);
}

std::string ago(Time then, Time now) {
  return human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - then)) + " ago";
}

std::string rfc3339(Time time) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return fmt::format("{:%FT%T}.{:09}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())),
                     (since_epoch - seconds).count());
}

std::string long_time(Time time) {
  return fmt::format("{:%F %T} +0000 UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  const std::string copy(text);
  std::tm parts = {};
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (!rest) return std::nullopt;
  std::string fraction;
  if (*rest == '.')
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest) fraction += *rest;
  fraction.resize(9, '0');
  const std::time_t seconds = timegm(&parts);
  long offset = 0;
  if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0;
    if (std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) return std::nullopt;
    offset = (hours * 3600L + minutes * 60L) * (*rest == '-' ? -1 : 1);
  } else if (*rest != 'Z' && *rest != 'z') {
    return std::nullopt;
  }
  return std::chrono::system_clock::from_time_t(seconds - offset) +
         std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(std::stol(fraction)));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (characters(text) <= width) return std::string(text);
  std::size_t end = 0, seen = 0;
  while (end < text.size()) {
    if (!continues(text[end]) && seen++ == width - 1) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string harmless(std::string_view text) {
  std::string result;
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // U+0080 to U+009F are controls too: 0x9b alone begins a sequence, as ESC [ does.
    const bool second_set = before == 0xc2 && byte < 0xa0;
    if (second_set) result.pop_back();
    if (byte < 0x20 || byte == 0x7f || second_set)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
    before = byte;
  }
  return result;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += !continues(c);
  return count;
}

std::string short_id(std::string_view id) {
  if (const std::size_t colon = id.find(':'); colon != std::string_view::npos)
    id.remove_prefix(colon + 1);
  return std::string(id.substr(0, 12));
}

}  // namespace containerlib::cli
