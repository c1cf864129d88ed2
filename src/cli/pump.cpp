#include "cli/pump.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace containerlib::cli {
namespace {

// After its last program has ended, a pseudo terminal hands over its last output a moment later.
constexpr int quiet_milliseconds = 100;

enum class Event { input, stopped, ended };

Event await(int fd, short events, int stop) noexcept {
  std::array<pollfd, 2> polled = {{{fd, events, 0}, {stop, POLLIN, 0}}};
  for (;;) {
    const int ready = poll(polled.data(), polled.size(), -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Event::ended;
    if (polled[0].revents) return Event::input;
    if (polled[1].revents) return Event::stopped;
  }
}

bool readable_soon(int fd) noexcept {
  pollfd polled = {fd, POLLIN, 0};
  return poll(&polled, 1, quiet_milliseconds) > 0;
}

bool write_all(int fd, std::string_view text, int stop) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN) {
      if (await(fd, POLLOUT, stop) != Event::input) return false;
    } else if (errno != EINTR)
      return false;
  }
  return true;
}

}  // namespace

Pump::Pump(Fd from, int to)
    : Pump(Ends{.owned = Fd(from.get()), .from = from.release(), .to = to}, true) {}

Pump::Pump(int from, Fd to)
    : Pump(Ends{.owned = Fd(to.get()), .from = from, .to = to.release()}, false) {}

Pump::Pump(Ends ends, bool drain) : stop_(eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
  // A container that does not read its input must not hold us; ours alone is this end.
  if (!drain) fcntl(ends.to, F_SETFL, fcntl(ends.to, F_GETFL) | O_NONBLOCK);
  ends.stop = stop_.get();
  thread_ = std::thread(&Pump::copy, std::move(ends), drain);
}

Pump::~Pump() {
  finish();
  if (thread_.joinable()) thread_.join();
}

void Pump::finish() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
}

void Pump::copy(Ends ends, bool drain) noexcept {
  std::array<char, 65536> buffer;
  for (;;) {
    const Event event = await(ends.from, POLLIN, ends.stop);
    if (event == Event::ended) return;
    if (event == Event::stopped && !(drain && readable_soon(ends.from))) return;
    const ssize_t got = read(ends.from, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return;  // EIO: the last program has left the pseudo terminal
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    if (!write_all(ends.to, text, ends.stop)) return;
  }
}

}  // namespace containerlib::cli
