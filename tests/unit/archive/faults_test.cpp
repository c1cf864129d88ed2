#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include "archive/archive.hpp"
#include "unit/archive/layout.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/archive/test_host.hpp"
#include "unit/store/failing_vfs.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace store = containerlib::store;
using test::LayerBytes;
using test::Layout;
using test::TarBytes;

namespace {

Layout sample() {
  Layout layout;
  std::string base = TarBytes()
                         .dir("etc", 0750)
                         .file("etc/name", "base")
                         .link("etc/same", "etc/name")
                         .symlink("l", "etc")
                         .add({.name = "fifo", .type = '6'})
                         .end();
  std::string top = TarBytes().file("etc/.wh.name").file("d/.wh..wh..opq").file("d/f").end();
  layout.index({layout.image({LayerBytes::gzip(base), LayerBytes::plain(top)},
                             Layout::named("app:latest"))});
  return layout;
}

}  // namespace

TEST_CASE("whichever call fails, a load leaves nothing and the next one works") {
  for (bool later : {false, true}) {
    CAPTURE(later);
    test::TempDir dir;
    test::write_file(dir / "archive", sample().tar());
    test::FailingVfs vfs;
    test::TestHost host;
    std::string root = dir / "store";
    { store::Store make(test::options(root)); }
    std::string before = test::snapshot(root);
    bool worked = false;
    long n = 0;
    while (!worked) {
      REQUIRE(++n < 1000);
      CAPTURE(n);
      {
        store::Options options = test::options(root, &vfs);
        options.durable = true;
        store::Store store(options);
        vfs.arm(n, ENOSPC, later);
        try {
          archive::load(store, dir / "archive", {}, host.host);
          worked = vfs.calls < n;
        } catch (const cl::Error& error) {
          CHECK(error.code() == std::errc::no_space_on_device);
        }
        vfs.disarm();
      }
      // Reopened, as after a crash: what could not be tidied up then is now.
      store::Store store(test::options(root));
      if (!store.images().empty()) store.remove_image("app");
      CHECK(test::snapshot(root) == before);
    }
    CHECK(n > 50);
    store::Store store(test::options(root));
    CHECK(archive::load(store, dir / "archive", {}, host.host).size() == 1);
  }
}

namespace {

/// A file system that is full after so many bytes.
class SmallVfs : public store::Vfs {
 public:
  explicit SmallVfs(std::size_t left) : left_(left) {}
  ssize_t write(int fd, const void* data, std::size_t size) override {
    if (left_ == 0) return -ENOSPC;
    ssize_t written = Vfs::write(fd, data, std::min(size, left_));
    if (written > 0) left_ -= static_cast<std::size_t>(written);
    return written;
  }

 private:
  std::size_t left_;
};

}  // namespace

TEST_CASE("a disk that is full at any byte") {
  test::TempDir dir;
  TarBytes tar;
  for (int i = 0; i < 20; ++i) tar.file("f" + std::to_string(i), std::string(3000, 'x'));
  Layout layout;
  layout.index({layout.image({LayerBytes::plain(tar.end())}, Layout::named("app:latest"))});
  test::write_file(dir / "archive", layout.tar());
  std::string root = dir / "store";
  { store::Store make(test::options(root)); }
  std::string before = test::snapshot(root);
  test::TestHost host;
  for (std::size_t size = 0;; size += 9'973) {
    CAPTURE(size);
    REQUIRE(size < 1'000'000);
    SmallVfs vfs(size);
    store::Store store(test::options(root, &vfs));
    try {
      archive::load(store, dir / "archive", {}, host.host);
      break;
    } catch (const cl::Error& error) {
      CHECK(error.code() == std::errc::no_space_on_device);
      CHECK(error.hint().find("full") != std::string::npos);
    }
    CHECK(test::snapshot(root) == before);
  }
}
