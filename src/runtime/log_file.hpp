#pragma once
#include <containerlib/container.hpp>
#include <containerlib/fd.hpp>

#include <deque>
#include <functional>
#include <string>

#include "runtime/log_record.hpp"

namespace containerlib::runtime {

/// Offset of a record of the log from which on reading finds the last `lines` lines whole; what
/// comes before them there is to be dropped. Reads from the end in blocks. `size`: of the file.
std::int64_t tail_offset(int fd, std::int64_t size, std::size_t lines);

/// Reads a log file while the monitor writes it. One thread at a time.
class LogFile {
 public:
  /// `is_written`: whether more may come; asked before each wait of a follower. A file that does
  /// not exist is an empty log. Throws any errno of reading.
  LogFile(const std::string& path, const LogOptions&, std::function<bool()> is_written);
  bool next(LogLine&);

 private:
  bool read_more();
  void split();
  void keep_tail(std::size_t lines);
  void start_parts();

  Fd fd_;
  std::string path_;
  bool follow_;
  std::stop_token stop_;
  std::function<bool()> is_written_;
  std::int64_t offset_ = 0;
  std::string buffer_;
  LogJoiner joiner_;
  std::deque<LogLine> lines_;
};

}  // namespace containerlib::runtime
