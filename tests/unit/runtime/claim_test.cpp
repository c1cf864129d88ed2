#include "runtime/claim.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "linux/file_lock.hpp"
#include "monitor/message.hpp"
#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

Fd open_file(const TemporaryDirectory& directory) {
  return Fd(::open((directory / "f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

/// As the monitor does it.
bool lock_as_monitor(const Fd& file) {
  return sys::try_lock(file.get(), {monitor::monitor_byte}, "f");
}

}  // namespace

TEST_CASE("one has a claim on a file, and a monitor is let in by it") {
  const TemporaryDirectory directory;
  const Fd reader = open_file(directory);
  Fd monitor = open_file(directory);
  {
    auto claim = Claim::take(open_file(directory), "f");
    REQUIRE(claim);
    CHECK(is_claimed(reader.get(), "f"));
    CHECK_FALSE(Claim::take(open_file(directory), "f"));
    CHECK_FALSE(lock_as_monitor(monitor));
    claim->admit_monitor();
    CHECK_FALSE(Claim::take(open_file(directory), "f"));
    CHECK(lock_as_monitor(monitor));
  }
  CHECK(is_claimed(reader.get(), "f"));
  CHECK_FALSE(Claim::take(open_file(directory), "f"));
  monitor.reset();
  CHECK_FALSE(is_claimed(reader.get(), "f"));
  CHECK(Claim::take(open_file(directory), "f"));
}

TEST_CASE("a claim ends with its object, though a forked child has a copy of the descriptor") {
  const TemporaryDirectory directory;
  auto claim = Claim::take(open_file(directory), "f");
  const Fd copy(::fcntl(claim->fd(), F_DUPFD_CLOEXEC, 0));
  claim.reset();
  CHECK_FALSE(is_claimed(open_file(directory).get(), "f"));
}
