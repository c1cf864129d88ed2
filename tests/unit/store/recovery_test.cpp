#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "store/staging.hpp"
#include "store/store.hpp"
#include "unit/store/failing_vfs.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace store = containerlib::store;
namespace fs = std::filesystem;
using test::TempDir;

namespace {

/// Ends the process, as kill -9 would, at the n-th call that changes the disk.
class DyingVfs : public test::FailingVfs {
 public:
  explicit DyingVfs(long at) : at_(at) {}
  int make_dir(int dir, const char* name, mode_t mode) override {
    return tick(), FailingVfs::make_dir(dir, name, mode);
  }
  ssize_t write(int fd, const void* data, std::size_t size) override {
    return tick(), FailingVfs::write(fd, data, size);
  }
  int rename(int a, const char* from, int b, const char* to, unsigned flags) override {
    return tick(), FailingVfs::rename(a, from, b, to, flags);
  }
  int unlink(int dir, const char* name, int flags) override {
    return tick(), FailingVfs::unlink(dir, name, flags);
  }
  int make_symlink(const char* target, int dir, const char* name) override {
    return tick(), FailingVfs::make_symlink(target, dir, name);
  }
  int commit_index() override { return tick(), FailingVfs::commit_index(); }

 private:
  void tick() {
    if (++count_ == at_) ::_exit(9);
  }
  long at_, count_ = 0;
};

/// True when the child got to the end.
template <class Work>
bool in_child(Work work) {
  std::cout.flush();  // else the child may print it as well
  pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 1);
  return WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a dead process's staging is removed by the next open, a living one's is not") {
  TempDir dir;
  { store::Store make(test::options(dir.path())); }
  in_child([&] {
    store::Store store(test::options(dir.path()));
    store::Staging staging = store.stage();
    test::write_file(dir / "tmp/" + staging.name() + "/left", "x");
    ::_exit(0);
  });
  CHECK_FALSE(fs::is_empty(dir / "tmp"));
  store::Store store(test::options(dir.path()));
  CHECK(fs::is_empty(dir / "tmp"));
  store::Staging living = store.stage();
  store::Store other(test::options(dir.path()));
  CHECK(fs::exists(dir / "tmp/" + living.name()));
}

TEST_CASE("killed at any call of a commit, a store is as before or after it") {
  TempDir dir;
  std::string root = dir / "store";
  {
    store::Store store(test::options(root));
    test::add_image(store, "old", {"shared"}, {"old"});
  }
  std::string before = test::snapshot(root);
  bool ended = false;
  long at = 0;
  while (!ended) {
    ++at;
    REQUIRE(at < 200);
    CAPTURE(at);
    ended = in_child([&] {
      DyingVfs vfs(at);
      store::Store store(test::options(root, &vfs));
      test::add_image(store, "new", {"shared", "own"}, {"new"});
    });
    store::Store store(test::options(root));
    bool there = store.images().size() == 2;
    if (there) {
      auto lowers = store.lowers(store.image("new"));
      REQUIRE(lowers.size() == 2);
      CHECK(test::read_file(root + "/l/" + lowers[0] + "/file") == "own");
      store.remove_image("new");
    }
    CHECK(test::snapshot(root) == before);
  }
  CHECK(at > 10);
}

TEST_CASE("killed at any call of a removal, the next open ends it") {
  TempDir dir;
  std::string root = dir / "store", before;
  {
    store::Store store(test::options(root));
    test::add_image(store, "old", {"shared"}, {"old"});
    before = test::snapshot(root);
  }
  bool ended = false;
  for (long at = 1; !ended; ++at) {
    REQUIRE(at < 200);
    CAPTURE(at);
    {
      store::Store store(test::options(root));
      test::add_image(store, "new", {"shared", "own"}, {"new"});
    }
    ended = in_child([&] {
      DyingVfs vfs(at);
      store::Store store(test::options(root, &vfs));
      store.remove_image("new");
    });
    store::Store store(test::options(root));
    if (store.images().size() == 2) store.remove_image("new");
    CHECK(test::snapshot(root) == before);
  }
}

TEST_CASE("any failing call of a commit is a clean error, and the next commit works") {
  for (bool later : {false, true}) {
    CAPTURE(later);
    TempDir dir;
    std::string root = dir / "store";
    test::FailingVfs vfs;
    std::string before;
    {
      store::Store store(test::options(root, &vfs));
      test::add_image(store, "old", {"shared"}, {"old"});
      before = test::snapshot(root);
    }
    bool worked = false;
    for (long n = 1; !worked; ++n) {
      REQUIRE(n < 200);
      CAPTURE(n);
      {
        store::Store store(test::options(root, &vfs));
        vfs.arm(n, ENOSPC, later);
        try {
          test::add_image(store, "new", {"shared", "own"}, {"new"});
          worked = vfs.calls < n;  // a failure while tidying up is no failure of the commit
        } catch (const cl::Error& error) {
          CHECK(error.code() == std::errc::no_space_on_device);
        }
        vfs.disarm();
      }
      store::Store store(test::options(root));
      if (store.images().size() == 2) store.remove_image("new");
      CHECK(test::snapshot(root) == before);
    }
  }
}

namespace {
/// Forbids the removal of one name, as a directory of a subordinate id does.
class ForbiddingVfs : public store::Vfs {
 public:
  int unlink(int dir, const char* name, int flags) override {
    return std::string_view(name) == "theirs" ? -EACCES : Vfs::unlink(dir, name, flags);
  }
};
}  // namespace

TEST_CASE("where a removal is forbidden, the caller is asked to help") {
  TempDir dir;
  ForbiddingVfs vfs;
  std::vector<std::string> asked;
  store::Options options = test::options(dir.path(), &vfs);
  options.remove_tree = [&](const std::string& path) {
    asked.push_back(path);
    fs::remove_all(path);
  };
  store::Store store(options);
  std::string id(64, 'a');
  store.make_container_dir(id);
  test::write_file(store.container_dir(id) + "/theirs", "x");
  store.remove_container_dir(id);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].starts_with(dir / "tmp/"));
  CHECK(fs::is_empty(dir / "containers"));
  CHECK(fs::is_empty(dir / "tmp"));
}
