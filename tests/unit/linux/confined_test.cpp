#include "linux/confined.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "linux/landlock.hpp"
#include "support/skip.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
namespace fs = std::filesystem;

namespace {

bool has_landlock() { return ::geteuid() == 0 && sys::landlock_abi() >= 2; }

}  // namespace

TEST_CASE("confined work ends at the paths that were allowed") {
  SKIP_IF(!has_landlock(), "needs root, and version 2 of Landlock");
  const TemporaryDirectory top;
  top.write("inside/file", "x");
  top.write("outside/file", "x");
  sys::Confined confined;
  confined.allow(top.path("inside").c_str(), sys::landlock_remove_file | sys::landlock_read_dir);
  const std::string inside = top.path("inside/file"), outside = top.path("outside/file");
  const auto remove = [](const std::string& path) {
    return ::unlink(path.c_str()) < 0 ? -errno : 0;
  };
  CHECK(confined.run([&] { return remove(outside); }) == -EACCES);
  CHECK(confined.run([&] { return remove(inside); }) == 0);
  CHECK(confined.run([&] {
    return ::open(outside.c_str(), O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
  }) == -EACCES);
  CHECK(fs::exists(outside));
  CHECK_FALSE(fs::exists(inside));
  // Not this process.
  CHECK(remove(outside) == 0);
}

TEST_CASE("a tree is removed by a confined process, however deep") {
  const TemporaryDirectory top;
  std::string deep = "tree";
  for (int depth = 0; depth < 100; ++depth) deep += "/d";
  top.write(deep + "/file", "x");
  top.write("kept/file", "x");
  top.link(top.path("kept"), "tree/link");
  CHECK(sys::remove_tree_confined(top.path("tree").c_str()) == 0);
  CHECK(sys::remove_tree_confined(top.path("tree").c_str()) == 0);
  CHECK_FALSE(fs::exists(top.path("tree")));
  CHECK(fs::exists(top.path("kept/file")));
}
