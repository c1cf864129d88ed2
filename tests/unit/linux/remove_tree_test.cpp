#include "linux/remove_tree.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace containerlib;
namespace fs = std::filesystem;

namespace {

fs::path temporary() {
  char name[] = "/tmp/containerlib-tree-XXXXXX";
  return ::mkdtemp(name);
}

}  // namespace

TEST_CASE("a tree goes with its files, links and directories without permissions") {
  const fs::path top = temporary();
  fs::create_directories(top / "tree/a/b");
  std::ofstream(top / "tree/a/b/file") << "x";
  fs::create_symlink("/etc", top / "tree/link");
  fs::create_directory(top / "tree/closed");
  fs::permissions(top / "tree/closed", fs::perms::none);
  CHECK(sys::remove_tree(AT_FDCWD, (top / "tree").c_str()) == 0);
  CHECK(fs::is_empty(top));
  CHECK(fs::exists("/etc/passwd"));
  fs::remove(top);
}

TEST_CASE("nothing there is no error, a file or symlink goes alone") {
  const fs::path top = temporary();
  CHECK(sys::remove_tree(AT_FDCWD, (top / "missing").c_str()) == 0);
  fs::create_directory(top / "kept");
  fs::create_directory_symlink(top / "kept", top / "link");
  CHECK(sys::remove_tree(AT_FDCWD, (top / "link").c_str()) == 0);
  CHECK(fs::exists(top / "kept"));
  fs::remove_all(top);
}

TEST_CASE("a tree deeper than the descriptor limit goes") {
  const fs::path top = temporary();
  int at = ::open(top.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (int depth = 0; depth < 3000; ++depth) {
    REQUIRE(::mkdirat(at, "d", 0700) == 0);
    int next = ::openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(next >= 0);
    ::close(at);
    at = next;
  }
  ::close(at);
  CHECK(sys::remove_tree(AT_FDCWD, (top / "d").c_str()) == 0);
  CHECK(fs::is_empty(top));
  fs::remove(top);
}

TEST_CASE("a directory of many entries goes") {
  const fs::path top = temporary();
  fs::create_directory(top / "many");
  for (int i = 0; i < 5000; ++i) std::ofstream(top / "many" / ("file" + std::to_string(i)));
  CHECK(sys::remove_tree(AT_FDCWD, (top / "many").c_str()) == 0);
  CHECK(fs::is_empty(top));
  fs::remove(top);
}
