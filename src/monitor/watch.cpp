#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "linux/message.hpp"
#include "monitor/running.hpp"

namespace containerlib::monitor {

void Texts::add(std::string_view text) {
  auto* bigger = static_cast<char*>(std::realloc(data, size + text.size() + 1));
  if (!bigger) ::_exit(1);  // the containers die with us, as they do when the kernel kills us
  data = bigger;
  std::memcpy(data + size, text.data(), text.size());
  data[size + text.size()] = '\0';
  size += text.size() + 1;
}

void Texts::clear() {
  std::free(data);
  data = nullptr;
  size = 0;
}

int watch(Monitor& m, Source& s, Source::Kind kind, Running* of, int fd) {
  s.kind = kind;
  s.of = of;
  s.fd = fd;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &s;
  return ::epoll_ctl(m.epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
}

void unwatch(Monitor& m, Source& s) {
  if (s.fd < 0) return;
  // A copy of the descriptor, in a process that is being started, would keep it watched.
  ::epoll_ctl(m.epoll, EPOLL_CTL_DEL, s.fd, nullptr);
  close_source(s);
}

void close_source(Source& s) {
  if (s.fd >= 0) ::close(s.fd);
  s.fd = -1;
}

void close_all(Running& r) {
  for (Source* s : {&r.start, &r.end, &r.output[0], &r.output[1], &r.restored}) close_source(*s);
  for (int* fd : {&r.log, &r.state, &r.life, &r.terminal, &r.channel}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
  for (int i = 0; i < r.hold_count; ++i)
    if (r.holds[i] >= 0) ::close(r.holds[i]);
  r.hold_count = 0;
}

void send_event(int channel, const Event& event, const int* fds, int count) {
  // An error means that nobody listens any more, which is allowed.
  sys::send_message(channel, &event, sizeof event, fds, count);
}

std::int64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * std::int64_t{1000000000} + t.tv_nsec;
}

std::size_t format(char* out, std::int64_t value) {
  char digits[24];
  std::size_t n = 0, length = 0;
  auto rest = static_cast<std::uint64_t>(value < 0 ? -value : value);
  do digits[n++] = static_cast<char>('0' + rest % 10);
  while (rest /= 10);
  if (value < 0) out[length++] = '-';
  while (n) out[length++] = digits[--n];
  return length;
}

}  // namespace containerlib::monitor
