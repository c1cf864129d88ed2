#pragma once
// Opt-in: waiting with Boost.Asio. Header only and on top of wait_handle(), so the library itself
// neither links Asio nor starts a thread.
#include <containerlib/container.hpp>

#include <fcntl.h>

#include <boost/asio/compose.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <utility>

CONTAINERLIB_BEGIN_NAMESPACE

/// Waits for the end of a Container or Process, which must outlive the operation. Completes with
/// (boost::system::error_code, ExitStatus), on the handler's executor. Cancellation ends the
/// waiting, not the container. An Error of wait() itself leaves through the executor's run().
template <class Waitable, class Executor, class Token>
auto async_wait(Executor executor, Waitable& waitable, Token&& token) {
  namespace asio = boost::asio;
  using Descriptor = asio::posix::stream_descriptor;
  // A copy, since a stream_descriptor closes what it has. Without one the wait ends with EBADF.
  auto ended = std::make_unique<Descriptor>(executor);
  boost::system::error_code ignored;
  ended->assign(::fcntl(waitable.wait_handle(), F_DUPFD_CLOEXEC, 0), ignored);
  Descriptor& io = *ended;
  return asio::async_compose<Token, void(boost::system::error_code, ExitStatus)>(
      [&waitable, &io, ended = std::move(ended), waiting = false](
          auto& self, boost::system::error_code error = {}) mutable {
        if (!std::exchange(waiting, true)) {
          return io.async_wait(Descriptor::wait_read, std::move(self));
        }
        ended.reset();
        self.complete(error, error ? ExitStatus{} : waitable.wait());
      },
      token, io);
}

CONTAINERLIB_END_NAMESPACE
