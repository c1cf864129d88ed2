#include "sandbox/execute/root_path.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <filesystem>

using namespace containerlib;
namespace fs = std::filesystem;

namespace {

struct Root {
  fs::path dir;
  Fd fd;
  Root() {
    char name[] = "/tmp/containerlib-root-XXXXXX";
    dir = ::mkdtemp(name);
    fd = Fd(::open(name, O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  ~Root() { fs::remove_all(dir); }
  int make(const char* path, bool directory, bool follow) {
    Fd made(sandbox::make_in_root(fd.get(), path, directory, follow));
    return made ? 0 : made.get();
  }
};

}  // namespace

TEST_CASE("make_in_root makes directories on the way and a file or directory at the end") {
  Root root;
  CHECK(root.make("/a//b/c/", true, true) == 0);
  CHECK(fs::is_directory(root.dir / "a/b/c"));
  CHECK(root.make("/a/b/file", false, true) == 0);
  CHECK(fs::is_regular_file(root.dir / "a/b/file"));
  CHECK(root.make("/", true, true) == 0);
  CHECK(sandbox::make_in_root(root.fd.get(), "/a/b/file/x", true, true) == -ENOTDIR);
}

TEST_CASE("symlinks of an image cannot lead out of the root") {
  Root root;
  fs::create_directory(root.dir / "etc");
  fs::create_symlink("/etc", root.dir / "absolute");
  fs::create_symlink("../../../../../../etc", root.dir / "upwards");
  CHECK(root.make("/absolute/containerlib-test", true, true) == 0);
  CHECK(root.make("/upwards/containerlib-test-2", true, true) == 0);
  CHECK(fs::is_directory(root.dir / "etc/containerlib-test"));
  CHECK(fs::is_directory(root.dir / "etc/containerlib-test-2"));
  CHECK_FALSE(fs::exists("/etc/containerlib-test"));
}

TEST_CASE("a symlink is refused where none may be") {
  Root root;
  fs::create_directory(root.dir / "real");
  fs::create_symlink("real", root.dir / "proc");
  CHECK(sandbox::open_in_root(root.fd.get(), "/proc", false) == -ELOOP);
  CHECK(sandbox::make_in_root(root.fd.get(), "/proc/x", true, false) == -ELOOP);
}

TEST_CASE("a dangling symlink is no way to make a file elsewhere") {
  Root root;
  fs::create_symlink("/outside", root.dir / "link");
  CHECK(sandbox::make_in_root(root.fd.get(), "/link", false, true) < 0);
  CHECK_FALSE(fs::exists("/outside"));
}
