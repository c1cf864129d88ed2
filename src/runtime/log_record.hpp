#pragma once
#include <containerlib/container.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace containerlib::runtime {

/// One line of a log file, without its newline: "2026-11-23T10:00:00.123456789Z stdout F text".
/// F ends a line of the container's output, after P the next record of the same stream goes on.
struct LogRecord {
  std::chrono::system_clock::time_point time;
  bool is_err = false, is_partial = false;
  std::string_view text;
};

/// nullopt for anything else (a file that was damaged is read around the damage).
std::optional<LogRecord> parse_log_record(std::string_view);

/// Puts partial records together again.
class LogJoiner {
 public:
  /// `parts`: they are handed over as they are.
  explicit LogJoiner(bool parts = false) : parts_(parts) {}
  /// The line that this record completes, if it does. Its time is that of its first record.
  std::optional<LogLine> add(const LogRecord&);
  /// Number of lines that are not complete.
  std::size_t unfinished() const noexcept { return open_[0].has_value() + open_[1].has_value(); }
  /// What has not been completed, for the end of a log; each once.
  std::optional<LogLine> take_rest();

 private:
  bool parts_;
  std::array<std::optional<LogLine>, 2> open_;
};

}  // namespace containerlib::runtime
