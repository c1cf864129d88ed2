#include "runtime/streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

constexpr const char* fields[] = {"in", "out", "err"};

void make_pipe(OpenStreams& streams, std::size_t n) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make pipe", fields[n]);
  const int reader = n == 0;  // of the ends, the process's
  streams.process[n] = Fd(ends[reader ? 0 : 1]);
  streams.host[n] = Fd(ends[reader ? 1 : 0]);
  streams.stdio[n] = {monitor::Stdio::Kind::fd, streams.process[n].get(), true};
}

void give_descriptor(OpenStreams& streams, std::size_t n, int fd) {
  if (::fcntl(fd, F_GETFD) < 0) invalid(fields[n], "descriptor is not open");
  streams.stdio[n] = {monitor::Stdio::Kind::fd, fd, false};
}

/// What a program that the host executes would get. A descriptor that is close-on-exec is not the
/// host's stream but something, perhaps of this library, that was opened where one had been closed.
void give_own(OpenStreams& streams, std::size_t n) {
  const int fd = static_cast<int>(n);
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags >= 0 && !(flags & FD_CLOEXEC)) give_descriptor(streams, n, fd);
}

void open_one(OpenStreams& streams, std::size_t n, const Stream& stream, Capture capture) {
  switch (stream.kind()) {
    case Stream::Kind::discard: return;  // /dev/null is the default
    case Stream::Kind::capture:
      if (n == 0) return;
      if (capture == Capture::pipe) return make_pipe(streams, n);
      streams.stdio[n].kind = monitor::Stdio::Kind::log;
      return;
    case Stream::Kind::pipe: return make_pipe(streams, n);
    case Stream::Kind::inherit: return give_own(streams, n);
    case Stream::Kind::descriptor: return give_descriptor(streams, n, stream.descriptor());
  }
}

}  // namespace

OpenStreams open_streams(const StreamOptions& options, Capture capture) {
  OpenStreams out;
  if (options.tty) return out;
  const Stream* streams[] = {&options.in, &options.out, &options.err};
  for (std::size_t n = 0; n < 3; ++n) open_one(out, n, *streams[n], capture);
  return out;
}

void refuse_pipes(const Stream& in, const Stream& out, const Stream& err, const char* instead) {
  const Stream* streams[] = {&in, &out, &err};
  for (std::size_t n = 0; n < 3; ++n)
    if (streams[n]->kind() == Stream::Kind::pipe)
      invalid(fields[n], std::string("nobody can take the pipe's other end here; use ") + instead);
}

}  // namespace containerlib::runtime
