#include "archive/bundle.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <thread>

#include "store/store.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace store = containerlib::store;
using test::TarBytes;

namespace {

struct Fixture {
  test::TempDir dir;
  store::Store store{test::options(dir / "store")};
  store::Staging staging = store.stage();

  std::unique_ptr<archive::Bundle> archive(const std::string& bytes, std::stop_token stop = {}) {
    test::write_file(dir / "archive", bytes);
    cl::Fd fd(::open((dir / "archive").c_str(), O_RDONLY | O_CLOEXEC));
    return archive::open_archive(store.vfs(), fd.get(), "test", staging, {}, stop);
  }
};

/// What GNU tar pads an archive with, and more than any buffer holds.
std::string padded(const TarBytes& tar) { return tar.end() + std::string(4 << 20, '\0'); }

}  // namespace

TEST_CASE("a document of an archive is not read after a stop") {
  Fixture f;
  std::stop_source stop;
  auto bundle = f.archive(TarBytes().file("index.json", "{}").end(), stop.get_token());
  CHECK(bundle->document("index.json", 100) == "{}");
  stop.request_stop();
  try {
    bundle->document("index.json", 100);
    FAIL("read on");
  } catch (const cl::Error& error) {
    CHECK(error.code() == std::errc::operation_canceled);
  }
}

TEST_CASE("an archive from a pipe is read to its end, so that its writer gets no SIGPIPE") {
  Fixture f;
  std::string bytes = padded(TarBytes().file("index.json", "{}"));
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  cl::Fd in(ends[0]), out(ends[1]);
  std::size_t written = 0;
  std::thread writer([&] {
    while (written < bytes.size()) {
      ssize_t size =
          ::send(out.get(), bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
      if (size <= 0) break;
      written += static_cast<std::size_t>(size);
    }
    out.reset();
  });
  auto bundle = archive::open_archive(f.store.vfs(), in.get(), "test", f.staging, {}, {});
  in.reset();
  writer.join();
  CHECK(written == bytes.size());
  CHECK(bundle->has("index.json"));
}

TEST_CASE("the checksum at the end of a compressed archive is looked at") {
  Fixture f;
  std::string bytes = test::gzip(padded(TarBytes().file("index.json", "{}")));
  CHECK(f.archive(bytes)->has("index.json"));
  bytes[bytes.size() - 5] ^= 1;
  CHECK_THROWS_AS(f.archive(bytes), cl::Error);
}

TEST_CASE("what follows an archive's end counts for its size") {
  Fixture f;
  archive::Limits limits;
  limits.total_size = 1 << 20;
  test::write_file(f.dir / "archive", padded(TarBytes().file("f")));
  cl::Fd fd(::open((f.dir / "archive").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_THROWS_AS(archive::open_archive(f.store.vfs(), fd.get(), "test", f.staging, limits, {}),
                  cl::Error);
}
