#include "runtime/streams.hpp"

#include <fcntl.h>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;
using Kind = monitor::Stdio::Kind;

TEST_CASE("output is captured by pipe or by log") {
  const OpenStreams piped = open_streams({}, Capture::pipe);
  CHECK(piped.stdio[0].kind == Kind::null);
  CHECK(piped.stdio[1].kind == Kind::fd);
  CHECK(piped.stdio[1].given);
  CHECK(piped.stdio[1].fd == piped.process[1].get());
  CHECK_FALSE(piped.host[0]);
  CHECK((::fcntl(piped.host[1].get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(piped.process[2].get(), F_GETFD) & FD_CLOEXEC) != 0);
  const OpenStreams logged = open_streams({}, Capture::log);
  CHECK(logged.stdio[1].kind == Kind::log);
  CHECK_FALSE(logged.host[1]);
}

TEST_CASE("a pipe has the right way round") {
  const OpenStreams streams =
      open_streams({.in = Stream::pipe(), .out = Stream::pipe()}, Capture::log);
  CHECK(::write(streams.host[0].get(), "in", 2) == 2);
  CHECK(::write(streams.process[1].get(), "out", 3) == 3);
  char text[4] = {};
  CHECK(::read(streams.process[0].get(), text, 3) == 2);
  CHECK(::read(streams.host[1].get(), text, 3) == 3);
}

TEST_CASE("descriptors are passed on as they are") {
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const OpenStreams streams = open_streams(
      {.in = Stream::inherit(), .out = Stream::to(null.get()), .err = Stream::discard()},
      Capture::log);
  CHECK(streams.stdio[0].fd == 0);
  CHECK_FALSE(streams.stdio[0].given);
  CHECK(streams.stdio[1].fd == null.get());
  CHECK(streams.stdio[2].kind == Kind::null);
  CHECK(refused_field([] { open_streams({.err = Stream::to(99999)}, Capture::log); }) == "err");
}

TEST_CASE("with a terminal there are no other streams") {
  const OpenStreams streams = open_streams({.in = Stream::pipe(), .tty = true}, Capture::pipe);
  for (const monitor::Stdio& stdio : streams.stdio) CHECK(stdio.kind == Kind::null);
  CHECK_FALSE(streams.host[0]);
}

TEST_CASE("a call that waits for the end cannot hand out pipes") {
  CHECK(refused_field([] { refuse_pipes(Stream::pipe(), {}, {}, "start()"); }) == "in");
  CHECK(refused_field([] { refuse_pipes({}, {}, Stream::pipe(), "start()"); }) == "err");
  CHECK_NOTHROW(refuse_pipes(Stream::discard(), {}, Stream::inherit(), "start()"));
}
