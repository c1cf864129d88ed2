#include "linux/copy_tree.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <filesystem>

#include "support/skip.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
namespace fs = std::filesystem;

namespace {

Fd open_directory(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

struct stat status_of(const std::string& path) {
  struct stat st = {};
  REQUIRE(::lstat(path.c_str(), &st) == 0);
  return st;
}

}  // namespace

TEST_CASE("ids are shifted by ranges; one that is in none becomes what 0 becomes") {
  constexpr sys::ShiftedIds ranges[] = {{1000, 0, 1}, {0, 1, 1000}};
  const sys::IdShift shift{ranges, 2};
  CHECK(shift(0) == 1);
  CHECK(shift(999) == 1000);
  CHECK(shift(1000) == 0);
  CHECK(shift(70000) == 1);
  CHECK(sys::IdShift{}(70000) == 70000);
}

TEST_CASE("a copy has other owners, and the same modes, links and names of one file") {
  SKIP_IF(::geteuid() != 0, "needs root: chown");
  const TemporaryDirectory top;
  top.write("from/dir/file", "content");
  top.link("/etc/passwd", "from/link");
  fs::create_hard_link(top.path("from/dir/file"), top.path("from/other-name"));
  REQUIRE(::chown(top.path("from/dir/file").c_str(), 5, 6) == 0);
  REQUIRE(::chmod(top.path("from/dir/file").c_str(), 04750) == 0);
  REQUIRE(::chmod(top.path("from/dir").c_str(), 01700) == 0);
  const Fd from = open_directory(top.make_directory("from"));
  const Fd to = open_directory(top.make_directory("to"));
  const Fd links = open_directory(top.make_directory("links"));
  constexpr sys::ShiftedIds ranges[] = {{0, 100, 50}};
  const sys::IdShift shift{ranges, 1};
  REQUIRE(sys::copy_entries(from.get(), to.get(), {1, shift, shift, links.get()}) == 0);

  const struct stat file = status_of(top.path("to/dir/file"));
  CHECK(file.st_uid == 105);
  CHECK(file.st_gid == 106);
  CHECK((file.st_mode & 07777) == 04750);
  CHECK(file.st_ino == status_of(top.path("to/other-name")).st_ino);
  CHECK(top.read("to/dir/file") == "content");
  CHECK((status_of(top.path("to/dir")).st_mode & 07777) == 01700);
  CHECK(status_of(top.path("to/link")).st_uid == 100);
  CHECK(fs::read_symlink(top.path("to/link")) == "/etc/passwd");
}

TEST_CASE("a tree that is too deep is not copied") {
  const TemporaryDirectory top;
  top.make_directory("from/a/b");
  const Fd from = open_directory(top.path("from"));
  const Fd to = open_directory(top.make_directory("to"));
  CHECK(sys::copy_entries(from.get(), to.get(), {.depth = 1}) == -ELOOP);
}
