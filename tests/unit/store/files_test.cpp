#include "store/files.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace store = containerlib::store;
using test::TempDir;

namespace {
cl::Fd open_path(const std::string& path) {
  return cl::Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}
}  // namespace

TEST_CASE("remove_tree removes everything, links not followed") {
  TempDir dir, outside;
  test::write_file(outside / "kept", "x");
  ::mkdir((dir / "t").c_str(), 0755);
  ::mkdir((dir / "t/a").c_str(), 0755);
  ::symlink(outside.path().c_str(), (dir / "t/link").c_str());
  ::mkfifo((dir / "t/fifo").c_str(), 0600);
  test::write_file(dir / "t/a/f", "x");
  cl::Fd top = open_path(dir.path());
  store::remove_tree(store::Vfs::real(), top.get(), "t");
  CHECK(test::snapshot(dir.path()).empty());
  CHECK(test::read_file(outside / "kept") == "x");
  store::remove_tree(store::Vfs::real(), top.get(), "t");  // not there: no error
}

TEST_CASE("remove_tree opens what its owner has locked himself out of") {
  TempDir dir;
  ::mkdir((dir / "t").c_str(), 0755);
  ::mkdir((dir / "t/a").c_str(), 0755);
  test::write_file(dir / "t/a/f", "x");
  ::chmod((dir / "t/a").c_str(), 0);
  ::chmod((dir / "t").c_str(), 0555);
  cl::Fd top = open_path(dir.path());
  store::remove_tree(store::Vfs::real(), top.get(), "t");
  CHECK(test::snapshot(dir.path()).empty());
}

TEST_CASE("remove_tree needs no descriptor a level") {
  TempDir dir;
  cl::Fd top = open_path(dir.path());
  constexpr int depth = 3000;
  cl::Fd at = open_path(dir.path());
  for (int i = 0; i < depth; ++i) {
    REQUIRE(::mkdirat(at.get(), "d", 0755) == 0);
    at = cl::Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  at.reset();
  store::remove_tree(store::Vfs::real(), top.get(), "d");
  CHECK(test::snapshot(dir.path()).empty());
}

TEST_CASE("remove_tree of a deep tree replaces nothing beside it") {
  TempDir dir;
  cl::Fd top = open_path(dir.path());
  ::mkdir((dir / "d.1").c_str(), 0755);
  test::write_file(dir / "d.2", "x");
  std::string before = test::snapshot(dir.path());
  cl::Fd at = open_path(dir.path());
  for (int i = 0; i < 200; ++i) {
    REQUIRE(::mkdirat(at.get(), "d", 0755) == 0);
    at = cl::Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  at.reset();
  store::remove_tree(store::Vfs::real(), top.get(), "d");
  CHECK(test::snapshot(dir.path()) == before);
}

TEST_CASE("a directory is made whatever the mode asks") {
  TempDir dir;
  cl::Fd top = open_path(dir.path());
  store::ensure_dir(store::Vfs::real(), top.get(), "d", 0777);
  store::ensure_dir(store::Vfs::real(), top.get(), "d", 0700);
  struct stat status;
  REQUIRE(::stat((dir / "d").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0777);
}

TEST_CASE("read_file has a limit and wants a file") {
  TempDir dir;
  cl::Fd top = open_path(dir.path());
  test::write_file(dir / "f", "12345");
  ::mkfifo((dir / "fifo").c_str(), 0600);
  ::symlink("f", (dir / "link").c_str());
  store::Vfs& vfs = store::Vfs::real();
  CHECK(store::read_file(vfs, top.get(), "f", 5) == "12345");
  CHECK_THROWS_AS(store::read_file(vfs, top.get(), "f", 4), cl::Error);
  CHECK_THROWS_AS(store::read_file(vfs, top.get(), "fifo", 4), cl::Error);
  CHECK_THROWS_AS(store::read_file(vfs, top.get(), "link", 5), cl::Error);
  CHECK_THROWS_AS(store::read_file(vfs, top.get(), "none", 5), cl::Error);
}
