#include "runtime/directories.hpp"

#include <cstdlib>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

TEST_CASE("root has the system's directories") {
  const Directories out = choose_directories({}, 0);
  CHECK(out.root == "/var/lib/containerlib");
  CHECK(out.run_root == "/run/containerlib");
}

TEST_CASE("directories of the options become absolute") {
  const Directories out = choose_directories({.root = "/a/b/../c/", .run_root = "x"}, 0);
  CHECK(out.root == "/a/c");
  CHECK(out.run_root == (std::filesystem::current_path() / "x").string());
}

TEST_CASE("a user has those of the XDG specification") {
  ::setenv("XDG_DATA_HOME", "/data", 1);
  ::setenv("XDG_RUNTIME_DIR", "relative: ignored", 1);
  CHECK(choose_directories({}, 1000).root == "/data/containerlib");
  CHECK(choose_directories({}, 1000).run_root == "/tmp/containerlib-1000");
  ::setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
  CHECK(choose_directories({}, 1000).run_root == "/run/user/1000/containerlib");
  ::unsetenv("XDG_DATA_HOME");
  ::setenv("HOME", "/home/u", 1);
  CHECK(choose_directories({}, 1000).root == "/home/u/.local/share/containerlib");
  ::unsetenv("HOME");
  CHECK(refused_field([] { choose_directories({}, 1000); }) == "root");
}
