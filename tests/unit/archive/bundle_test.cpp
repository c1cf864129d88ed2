#include "archive/bundle.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>

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
