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

void notify(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

}  // namespace

Pump::Pump(Fd from, int to)
    : Pump(Ends{.owned = Fd(from.get()), .from = from.release(), .to = to}, true) {}

Pump::Pump(int from, Fd to)
    : Pump(Ends{.owned = Fd(to.get()), .from = from, .to = to.release()}, false) {}

Pump::Pump(Ends ends, bool drain)
    : stop_(eventfd(0, EFD_CLOEXEC)), failed_(eventfd(0, EFD_CLOEXEC)) {
  if (!stop_ || !failed_) throw std::system_error(errno, std::generic_category(), "eventfd");
  // A container that does not read its input must not hold us; ours alone is this end.
  if (!drain) fcntl(ends.to, F_SETFL, fcntl(ends.to, F_GETFL) | O_NONBLOCK);
  thread_ = std::thread([this, drain, ends = std::move(ends)]() mutable {
    const Ends own = std::move(ends);  // closed when the copying has ended
    copy(own, drain);
  });
}

Pump::~Pump() {
  finish();
  if (thread_.joinable()) thread_.join();
}

void Pump::finish() noexcept { notify(stop_.get()); }

void Pump::copy(const Ends& ends, bool drain) noexcept {
  std::array<char, 65536> buffer;
  for (;;) {
    const Event event = await(ends.from, POLLIN, stop_.get());
    if (event == Event::ended) return;
    if (event == Event::stopped && !(drain && readable_soon(ends.from))) return;
    const ssize_t got = read(ends.from, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return;  // EIO: the last program has left the pseudo terminal
    if (!write_all(ends.to, std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return;
  }
}

bool Pump::write_all(int to, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(to, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      if (await(to, POLLOUT, stop_.get()) != Event::input) return false;
    } else if (errno != EINTR) {
      error_ = errno;
      notify(failed_.get());
      return false;
    }
  }
  return true;
}

}  // namespace containerlib::cli
