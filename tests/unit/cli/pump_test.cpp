#include "cli/pump.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>

using containerlib::Fd;
using containerlib::cli::Pump;

namespace {

std::pair<Fd, Fd> make_pipe() {
  int ends[2] = {-1, -1};
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

std::string all_of(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

TEST_CASE("output is copied to its end, though more than a pipe holds") {
  auto [source_out, source_in] = make_pipe();
  auto [sink_out, sink_in] = make_pipe();
  const std::string text(300000, 'x');
  std::thread writer([&text, end = std::move(source_in)] {
    CHECK(write(end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  });
  std::string seen;
  std::thread reader([&, out = std::move(sink_out)] { seen = all_of(out.get()); });
  {
    Pump pump(std::move(source_out), sink_in.get());
    writer.join();
  }
  sink_in.reset();
  reader.join();
  CHECK(seen == text);
}

TEST_CASE("what was written before finish() is copied, though the other end stays open") {
  auto [source_out, source_in] = make_pipe();
  auto [sink_out, sink_in] = make_pipe();
  REQUIRE(write(source_in.get(), "last words", 10) == 10);
  { Pump pump(std::move(source_out), sink_in.get()); }
  sink_in.reset();
  CHECK(all_of(sink_out.get()) == "last words");
}

TEST_CASE("an input nobody reads does not hold us, and its end is closed") {
  auto [source_out, source_in] = make_pipe();
  auto [sink_out, sink_in] = make_pipe();
  {
    Pump pump(source_out.get(), std::move(sink_in));
    const std::string text(65536, 'x');
    for (int i = 0; i < 2; ++i) REQUIRE(write(source_in.get(), text.data(), text.size()) > 0);
  }
  CHECK(all_of(sink_out.get()).find_first_not_of('x') == std::string::npos);
}

TEST_CASE("the end of the input reaches the reader") {
  auto [source_out, source_in] = make_pipe();
  auto [sink_out, sink_in] = make_pipe();
  Pump pump(source_out.get(), std::move(sink_in));
  REQUIRE(write(source_in.get(), "abc", 3) == 3);
  source_in.reset();
  CHECK(all_of(sink_out.get()) == "abc");
}

TEST_CASE("an output that takes no more is told") {
  auto [source_out, source_in] = make_pipe();
  auto [sink_out, sink_in] = make_pipe();
  signal(SIGPIPE, SIG_IGN);
  Pump pump(std::move(source_out), sink_in.get());
  CHECK(pump.error() == 0);
  sink_out.reset();
  REQUIRE(write(source_in.get(), "abc", 3) == 3);
  pollfd polled = {pump.failed_handle(), POLLIN, 0};
  CHECK(poll(&polled, 1, 5000) == 1);
  CHECK(pump.error() == EPIPE);
}
