#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <filesystem>

#include "archive/source.hpp"
#include "archive/tree_reader.hpp"
#include "archive/unpack.hpp"
#include "base/error.hpp"
#include "unit/archive/test_host.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace store = containerlib::store;
namespace fs = std::filesystem;

namespace {

/// An overlay's upper directory, and another that is made of its layer.
struct Fixture {
  test::TempDir dir;
  test::TestHost host;
  const std::string from = dir / "from", to = dir / "to";

  Fixture() {
    fs::create_directory(from);
    fs::create_directory(to);
  }
  static cl::Fd open(const std::string& path) {
    return cl::Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  void move() {
    std::string layer;
    archive::TarWriter tar([&](std::string_view data) { layer += data; });
    archive::write_upper(store::Vfs::real(), open(from).get(), tar, [](const std::string&) {}, {});
    archive::MemorySource source(layer);
    const cl::Fd target = open(to);
    archive::unpack(source, {store::Vfs::real(),
                             target.get(),
                             [](std::size_t) { return cl::Fd(); },
                             "upper",
                             host.host,
                             {}});
  }
};

bool is_whiteout(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

}  // namespace

TEST_CASE("an upper directory as a layer hides what it hid, and has what it had") {
  Fixture f;
  fs::create_directories(f.from + "/opaque/below");
  test::write_file(f.from + "/opaque/below/file", "text");
  fs::permissions(f.from + "/opaque", fs::perms(0750));
  fs::create_symlink("below/file", f.from + "/opaque/link");
  REQUIRE(::mknod((f.from + "/gone").c_str(), S_IFCHR, makedev(0, 0)) == 0);
  // The kernel may make one whiteout and link it.
  fs::create_hard_link(f.from + "/gone", f.from + "/gone-too");
  REQUIRE(::setxattr((f.from + "/opaque").c_str(), "user.overlay.opaque", "y", 1, 0) == 0);
  REQUIRE(::setxattr((f.from + "/opaque").c_str(), "user.overlay.impure", "y", 1, 0) == 0);
  f.move();
  CHECK(is_whiteout(f.to + "/gone"));
  CHECK(is_whiteout(f.to + "/gone-too"));
  CHECK(test::read_file(f.to + "/opaque/below/file") == "text");
  CHECK(fs::read_symlink(f.to + "/opaque/link") == "below/file");
  CHECK(fs::status(f.to + "/opaque").permissions() == fs::perms(0750));
  char value = 0;
  CHECK(::getxattr((f.to + "/opaque").c_str(), "user.overlay.opaque", &value, 1) == 1);
  CHECK(::getxattr((f.to + "/opaque").c_str(), "user.overlay.impure", &value, 1) < 0);
}

TEST_CASE("a file that would be taken for a sign of a layer is refused by its name") {
  Fixture f;
  test::write_file(f.from + "/.wh.file", "");
  try {
    f.move();
    FAIL("it was taken");
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::unsupported);
    CHECK(error.subject() == ".wh.file");
  }
}
