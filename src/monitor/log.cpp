#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "monitor/running.hpp"

// The log: one record a line, "2026-11-23T10:00:00.123456789Z stdout F text"; P instead of F when
// the line goes on in the next record of the stream.
namespace containerlib::monitor {
namespace {

constexpr std::size_t line_limit = 16 * 1024;

char* put_number(char* out, long value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

char* put_time(char* out) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm t{};
  ::gmtime_r(&now.tv_sec, &t);
  const struct {
    long value;
    int width;
    char after;
  } parts[] = {{t.tm_year + 1900L, 4, '-'}, {t.tm_mon + 1L, 2, '-'}, {t.tm_mday, 2, 'T'},
               {t.tm_hour, 2, ':'},         {t.tm_min, 2, ':'},      {t.tm_sec, 2, '.'},
               {now.tv_nsec, 9, 'Z'}};
  for (const auto& part : parts) {
    out = put_number(out, part.value, part.width);
    *out++ = part.after;
  }
  return out;
}

/// What a record starts with.
char* put_head(char* out, const Source& s, bool full) {
  out = put_time(out);
  const char* middle =
      s.stream == 2 ? (full ? " stderr F " : " stderr P ") : (full ? " stdout F " : " stdout P ");
  std::memcpy(out, middle, 10);
  return out + 10;
}

/// A record for `size` bytes at the start of the held line. A full disk loses log lines, not the
/// container; what of a line is there already must not run into the next.
void write_record(Running& r, Source& s, std::size_t size, bool full) {
  if (r.log < 0) return;
  char record[line_limit + 128];
  char* at = record;
  if (r.log_is_torn) *at++ = '\n';
  if (s.rest_is_lost) {
    at = put_head(at, s, true);
    *at++ = '\n';
  }
  at = put_head(at, s, full);
  std::memcpy(at, s.line, size);
  at += size;
  *at++ = '\n';
  const ssize_t written = ::write(r.log, record, static_cast<std::size_t>(at - record));
  const bool whole = written == at - record;
  if (written > 0) r.log_is_torn = !whole;
  s.rest_is_lost = !whole && (s.in_part || (written > 0 && !full));
  if (whole) s.in_part = !full;
}

void split_lines(Running& r, Source& s) {
  std::size_t start = 0;
  char* const all = s.line;
  const std::size_t held = s.held;
  for (;;) {
    auto* newline = static_cast<char*>(std::memchr(all + start, '\n', held - start));
    std::size_t length = newline ? static_cast<std::size_t>(newline - (all + start)) : 0;
    const bool whole = newline != nullptr;
    if (!whole && held - start < line_limit) break;
    if (!whole || length > line_limit) length = line_limit;
    s.line = all + start;
    const bool full = whole && all + start + length == newline;
    write_record(r, s, length, full);
    start += length + (full ? 1 : 0);
  }
  s.line = all;
  s.held = held - start;
  std::memmove(all, all + start, s.held);
}

}  // namespace

bool pump(Running& r, Source& s) {
  constexpr std::size_t chunk = 64 * 1024;
  if (!s.line) s.line = static_cast<char*>(std::malloc(line_limit + chunk));
  if (!s.line) return false;
  ssize_t got = ::read(s.fd, s.line + s.held, chunk);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  s.held += static_cast<std::size_t>(got);
  split_lines(r, s);
  // What has no newline yet may be a prompt that somebody waits for.
  if (s.held) write_record(r, s, std::exchange(s.held, 0), false);
  return true;
}

void finish_output(Running& r, Source& s) {
  if (s.fd < 0) return;
  ::fcntl(s.fd, F_SETFL, O_NONBLOCK);
  // What is written after the end, by a process that was left behind, is not waited for.
  for (int i = 0; i < 4096; ++i) {
    errno = 0;
    if (!pump(r, s) || errno == EAGAIN) break;
  }
  std::free(s.line);
  s.line = nullptr;
}

}  // namespace containerlib::monitor
