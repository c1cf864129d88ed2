#include "runtime/log_record.hpp"

#include <charconv>

namespace containerlib::runtime {
namespace {

template <class T>
bool digits(std::string_view text, std::size_t at, std::size_t count, T& out) {
  if (text.size() < at + count || text[at] == '-') return false;
  const char* const end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, out);
  return error == std::errc() && stop == end;
}

/// "2026-11-23T10:00:00.123456789Z"; any number of decimals.
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) ||
      !digits(text, 11, 2, hour) || !digits(text, 14, 2, minute) || !digits(text, 17, 2, second) ||
      text.back() != 'Z')
    return {};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  // Nanoseconds since 1970 in 64 bits: none before and after these years.
  if (!date.ok() || year < 1678 || year > 2261) return {};
  std::string fraction;
  if (text.size() > 21 && text[19] == '.') fraction = text.substr(20, text.size() - 21);
  fraction.resize(9, '0');
  std::int64_t nanoseconds = 0;
  if (!digits(fraction, 0, 9, nanoseconds)) return {};
  using std::chrono::seconds;
  const auto whole = std::chrono::sys_days(date) + seconds(hour * 3600 + minute * 60 + second);
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(
      whole + std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

std::optional<LogRecord> parse_log_record(std::string_view line) {
  const std::size_t stream = line.find(' ');
  if (stream == line.npos || stream == 0) return {};
  const auto time = parse_time(line.substr(0, stream));
  if (!time) return {};
  const std::string_view rest = line.substr(stream + 1);
  const bool is_err = rest.starts_with("stderr ");
  if (!is_err && !rest.starts_with("stdout ")) return {};
  const std::string_view tagged = rest.substr(7);
  if (tagged.size() < 2 || tagged[1] != ' ' || (tagged[0] != 'F' && tagged[0] != 'P')) return {};
  return LogRecord{*time, is_err, tagged[0] == 'P', tagged.substr(2)};
}

std::optional<LogLine> LogJoiner::add(const LogRecord& record) {
  std::optional<LogLine>& open = open_[record.is_err];
  if (!open) open = LogLine{.time = record.time, .is_err = record.is_err};
  open->text += record.text;
  open->partial = record.is_partial;
  if (record.is_partial && !parts_) return {};
  return std::exchange(open, std::nullopt);
}

std::optional<LogLine> LogJoiner::take_rest() {
  for (std::optional<LogLine>& open : open_)
    if (open) return std::exchange(open, std::nullopt);
  return {};
}

}  // namespace containerlib::runtime
