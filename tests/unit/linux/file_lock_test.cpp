#include "linux/file_lock.hpp"

#include <fcntl.h>
#include <containerlib/fd.hpp>

#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;

namespace {

Fd open_file(const TemporaryDirectory& directory) {
  return Fd(::open(directory.path("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

}  // namespace

TEST_CASE("the bytes of a file are locked each for itself, by one open file") {
  const TemporaryDirectory directory;
  Fd first = open_file(directory);
  const Fd second = open_file(directory);
  CHECK(try_lock(first.get(), {0}, "f"));
  CHECK(try_lock(first.get(), {0}, "f"));
  CHECK_FALSE(try_lock(second.get(), {0}, "f"));
  CHECK(try_lock(second.get(), {1}, "f"));
  CHECK_FALSE(try_lock(first.get(), {1}, "f"));

  Fd copy(::fcntl(first.get(), F_DUPFD_CLOEXEC, 0));
  first.reset();
  CHECK(is_locked(second.get(), {0}, "f"));
  copy.reset();
  CHECK_FALSE(is_locked(second.get(), {0}, "f"));
}

TEST_CASE("to ask for a lock does not keep others from it") {
  const TemporaryDirectory directory;
  const Fd first = open_file(directory), second = open_file(directory);
  const Fd reader(::open(directory.path("f").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(is_locked(reader.get(), {0}, "f"));
  CHECK(try_lock(first.get(), {0}, "f"));
  CHECK(is_locked(reader.get(), {0}, "f"));
  CHECK(is_locked(second.get(), {0}, "f"));
  CHECK_FALSE(is_locked(first.get(), {0}, "f"));  // its own
}

TEST_CASE("a part of what is locked can be let go of") {
  const TemporaryDirectory directory;
  const Fd first = open_file(directory), second = open_file(directory);
  CHECK(try_lock(first.get(), {0, 2}, "f"));
  CHECK_FALSE(try_lock(second.get(), {1}, "f"));
  unlock(first.get(), {1});
  CHECK(try_lock(second.get(), {1}, "f"));
  CHECK(is_locked(second.get(), {0, 2}, "f"));
  unlock(first.get(), {0, 2});
  CHECK_FALSE(is_locked(second.get(), {0, 2}, "f"));
  CHECK(is_locked(first.get(), {0, 2}, "f"));
}
