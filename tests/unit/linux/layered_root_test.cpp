#include "linux/layered_root.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>

#include "base/error.hpp"
#include "support/skip.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;

namespace {

/// Layers "2" over "1" over "0".
LayeredRoot root_of(const TemporaryDirectory& directory) {
  std::vector<RootFd> layers;
  for (const char* layer : {"2", "1", "0"})
    layers.push_back(RootFd::open_host(directory.make_directory(layer)));
  return LayeredRoot(std::move(layers));
}

std::optional<std::string> read(const TemporaryDirectory& directory, const std::string& path) {
  return root_of(directory).read_file(path, 1000);
}

/// False: not allowed here (any user may since Linux 5.8, but not on every file system).
bool make_whiteout(const std::string& path) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  return ::mknod(path.c_str(), S_IFCHR, makedev(0, 0)) == 0;
}

}  // namespace

TEST_CASE("the topmost layer that has a file gives it, directories are merged") {
  const TemporaryDirectory directory;
  directory.write("0/etc/passwd", "0");
  directory.write("0/etc/group", "0");
  directory.write("1/etc/passwd", "1");
  directory.write("2/etc/other", "2");
  CHECK(read(directory, "etc/passwd") == "1");
  CHECK(read(directory, "/etc/group") == "0");
  CHECK(read(directory, "etc/./other/") == "2");
  CHECK(read(directory, "etc/none") == std::nullopt);
  CHECK(read(directory, "none/passwd") == std::nullopt);
  CHECK(read(directory, "etc/passwd/x") == std::nullopt);
  CHECK(root_of(directory).find("").get() >= 0);
  CHECK_FALSE(LayeredRoot({}).find("etc"));
}

TEST_CASE("a whiteout hides a file, and a directory with all in it") {
  const TemporaryDirectory directory;
  directory.write("0/etc/passwd", "0");
  directory.write("0/home/file", "0");
  SKIP_IF(!make_whiteout(directory.path("1/etc/passwd")), "cannot make a whiteout in /tmp");
  REQUIRE(make_whiteout(directory.path("1/home")));
  directory.write("2/home/new", "2");
  CHECK(read(directory, "etc/passwd") == std::nullopt);
  CHECK(read(directory, "home/file") == std::nullopt);
  CHECK(read(directory, "home/new") == "2");
}

TEST_CASE("an opaque directory hides those below") {
  const TemporaryDirectory directory;
  directory.write("0/etc/passwd", "0");
  directory.write("0/etc/group", "0");
  const std::string opaque = directory.make_directory("1/etc");
  SKIP_IF(::setxattr(opaque.c_str(), "user.overlay.opaque", "y", 1, 0) != 0,
          "no user attributes in /tmp");
  directory.write("1/etc/group", "1");
  CHECK(read(directory, "etc/passwd") == std::nullopt);
  CHECK(read(directory, "etc/group") == "1");
}

TEST_CASE("a file in place of a directory hides it") {
  const TemporaryDirectory directory;
  directory.write("0/etc/passwd", "0");
  directory.write("1/etc", "a file");
  directory.make_directory("2/etc");
  CHECK(read(directory, "etc/passwd") == std::nullopt);
}

TEST_CASE("symlinks lead through the merged tree and never out of it") {
  const TemporaryDirectory directory;
  directory.write("secret", "outside");
  directory.write("0/usr/lib/passwd", "0");
  directory.write("1/usr/etc/group", "1");
  directory.link("/usr/lib/passwd", "2/etc/passwd");
  directory.link("usr/etc", "1/conf");
  directory.link("../../../../../../" + directory.path("secret"), "2/etc/up");
  directory.link(directory.path("secret"), "2/etc/host");
  directory.link("loop", "2/loop");
  directory.link("/proc/self/root/etc/passwd", "2/etc/magic");
  CHECK(read(directory, "etc/passwd") == "0");
  CHECK(read(directory, "conf/group") == "1");
  CHECK(read(directory, "conf/../lib/passwd") == "0");
  CHECK(read(directory, "../../usr/lib/passwd") == "0");
  CHECK(read(directory, "etc/up") == std::nullopt);
  CHECK(read(directory, "etc/host") == std::nullopt);
  CHECK(read(directory, "etc/magic") == std::nullopt);
  try {
    read(directory, "loop");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code().value() == ELOOP);
  }
}
