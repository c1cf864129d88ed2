#include "linux/root_fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "linux/text.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;

namespace {

template <class Work>
int error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code().value();
  }
  return 0;
}

}  // namespace

TEST_CASE("paths stay inside the root, whatever they and the symlinks say") {
  const TemporaryDirectory directory;
  directory.write("secret", "outside");
  directory.write("root/secret", "inside");
  directory.write("root/d/file", "here");
  directory.link("/secret", "root/absolute");
  directory.link("../../../secret", "root/d/up");
  directory.link(directory.path("secret"), "root/host");
  directory.link("/proc/self/exe", "root/exe");
  const RootFd root = RootFd::open_host(directory.path("root"));

  for (const char* path : {"secret", "/secret", "../secret", "d/../../secret", "absolute", "d/up"})
    CHECK(root.read_file(path, 100) == "inside");
  CHECK(root.read_file("host", 100) == std::nullopt);
  CHECK(root.read_file("exe", 100) == std::nullopt);
  CHECK(root.read_file("d/file", 100) == "here");
  CHECK(root.read_file("d/file/below", 100) == std::nullopt);
  CHECK(error_of([&] { root.open("absolute", O_RDONLY | O_NOFOLLOW); }) == ELOOP);
  CHECK(error_of([&] { root.open("missing", O_RDONLY); }) == ENOENT);
  CHECK((::fcntl(root.open("secret", O_RDONLY).get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("magic links are not followed") {
  const RootFd proc = RootFd::open_host("/proc");
  CHECK(error_of([&] { proc.open("self/root", O_PATH); }) == ELOOP);
  CHECK(error_of([&] { proc.open("self/fd/0", O_RDONLY); }) == ELOOP);
}

TEST_CASE("read_file: regular files up to the limit") {
  const TemporaryDirectory directory;
  directory.write("five", "12345");
  directory.make_directory("dir");
  REQUIRE(::mkfifo(directory.path("fifo").c_str(), 0600) == 0);
  const RootFd root = RootFd::open_host(directory.path());
  CHECK(root.read_file("five", 5) == "12345");
  CHECK(error_of([&] { root.read_file("five", 4); }) == EFBIG);
  CHECK(error_of([&] { root.read_file("dir", 100); }) == EINVAL);
  CHECK(error_of([&] { root.read_file("fifo", 100); }) == EINVAL);
  CHECK(root.read_file("missing", 5) == std::nullopt);
}

TEST_CASE("mkdir_all makes what is missing, inside only") {
  const TemporaryDirectory directory;
  directory.make_directory("outside");
  directory.make_directory("root/real");
  directory.link("/real", "root/link");
  directory.link(directory.path("outside"), "root/out");
  directory.link("/nowhere", "root/dangling");
  directory.write("root/file", "");
  const RootFd root = RootFd::open_host(directory.path("root"));

  struct stat status;
  REQUIRE(::fstat(root.mkdir_all("/a//b/./c", 0750).get(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0750);
  CHECK(std::filesystem::is_directory(directory.path("root/a/b/c")));
  root.mkdir_all("a/b/c", 0700);
  root.mkdir_all("link/x", 0700);
  CHECK(std::filesystem::is_directory(directory.path("root/real/x")));
  CHECK(root.mkdir_all("", 0700).get() >= 0);

  CHECK(error_of([&] { root.mkdir_all("out/x", 0700); }) == ELOOP);
  CHECK(error_of([&] { root.mkdir_all("dangling/x", 0700); }) == ELOOP);
  CHECK(error_of([&] { root.mkdir_all("a/../../x", 0700); }) == EINVAL);
  CHECK(error_of([&] { root.mkdir_all("file/x", 0700); }) == ENOTDIR);
  CHECK(std::filesystem::is_empty(directory.path("outside")));
}
