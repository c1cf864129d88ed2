#include "runtime/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/error.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::int64_t block_size = 64 << 10;
constexpr auto follow_interval = std::chrono::milliseconds(20);

std::string read_block(int fd, std::int64_t offset, std::int64_t size) {
  std::string out(static_cast<std::size_t>(size), '\0');
  ssize_t n;
  while ((n = ::pread(fd, out.data(), out.size(), offset)) < 0)
    if (errno != EINTR) throw_errno(errno, "read log");
  out.resize(static_cast<std::size_t>(n));
  return out;
}

/// Walks over a log's records from its end and says when enough lines have been seen.
class TailCounter {
 public:
  explicit TailCounter(std::size_t lines) : wanted_(lines) {}

  /// False: this record is before all that is wanted.
  bool take(const LogRecord& record) {
    Stream& stream = streams_[record.is_err];
    const bool ends_line = !record.is_partial || !stream.seen;  // the log's end ends a line as well
    if (ends_line) {
      if (counted_ < wanted_) {
        ++counted_;
        stream = {true, true};
      } else {
        stream = {true, false};  // a line too many: the wanted one above begins after this record
      }
    }
    return counted_ < wanted_ || streams_[0].open || streams_[1].open;
  }

 private:
  struct Stream {
    bool seen = false;  ///< a record of it has been taken
    bool open = false;  ///< a wanted line of it may go on further up
  };
  std::size_t wanted_, counted_ = 0;
  std::array<Stream, 2> streams_;
};

}  // namespace

std::int64_t tail_offset(int fd, std::int64_t size, std::size_t lines) {
  if (lines == 0) return size;
  TailCounter counter(lines);
  std::string text;  // from `start` on, cut behind the last record not yet taken
  std::int64_t start = size;
  for (;;) {
    const std::size_t last = text.empty() ? text.npos : text.rfind('\n', text.size() - 2);
    if (text.size() < 2 || last == text.npos) {
      if (start == 0) return 0;
      const std::int64_t step = std::min(block_size, start);
      start -= step;
      text.insert(0, read_block(fd, start, step));
      // Bytes after the last newline are a record that is being written.
      if (start + step == size) text.resize(text.rfind('\n') + 1);
      continue;
    }
    std::string_view record(text);
    record.remove_prefix(last + 1);
    record.remove_suffix(1);
    const auto parsed = parse_log_record(record);
    if (parsed && !counter.take(*parsed)) return start + static_cast<std::int64_t>(text.size());
    text.resize(last + 1);
  }
}

LogFile::LogFile(const std::string& path, const LogOptions& options,
                 std::function<bool()> is_written)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)),
      path_(path),
      follow_(options.follow),
      stop_(options.stop),
      is_written_(std::move(is_written)),
      joiner_(options.parts && !options.tail) {
  if (!fd_) {
    if (errno != ENOENT) throw_errno(errno, "open log", path);
    return;
  }
  if (!options.tail) return;
  keep_tail(*options.tail);
  if (options.parts) start_parts();
}

void LogFile::keep_tail(std::size_t lines) {
  struct stat status;
  if (::fstat(fd_.get(), &status) != 0) throw_errno(errno, "read log", path_);
  offset_ = tail_offset(fd_.get(), status.st_size, lines);
  while (offset_ < status.st_size && read_more()) {
    split();
    while (lines_.size() > lines) lines_.pop_front();
  }
  while (!lines_.empty() && lines_.size() + joiner_.unfinished() > lines) lines_.pop_front();
  while (joiner_.unfinished() > lines) joiner_.take_rest();
}

/// After whole lines were counted.
void LogFile::start_parts() {
  while (auto rest = joiner_.take_rest()) lines_.push_back(std::move(*rest));
  joiner_ = LogJoiner(true);
}

bool LogFile::read_more() {
  const std::string block = read_block(fd_.get(), offset_, block_size);
  offset_ += static_cast<std::int64_t>(block.size());
  buffer_ += block;
  return !block.empty();
}

void LogFile::split() {
  std::size_t begin = 0;
  for (std::size_t end; (end = buffer_.find('\n', begin)) != buffer_.npos; begin = end + 1) {
    const auto record = parse_log_record(std::string_view(buffer_).substr(begin, end - begin));
    if (!record) continue;
    if (auto line = joiner_.add(*record)) lines_.push_back(std::move(*line));
  }
  buffer_.erase(0, begin);
}

bool LogFile::next(LogLine& line) {
  for (;;) {
    if (!lines_.empty()) {
      line = std::move(lines_.front());
      lines_.pop_front();
      return true;
    }
    if (!fd_) return false;
    // Asked before reading: what was written before the end is then still read.
    const bool more_may_come = follow_ && !stop_.stop_requested() && is_written_();
    if (read_more()) {
      split();
      continue;
    }
    if (more_may_come) {
      std::this_thread::sleep_for(follow_interval);
      continue;
    }
    auto rest = joiner_.take_rest();
    if (!rest) return false;
    line = std::move(*rest);
    return true;
  }
}

}  // namespace containerlib::runtime
