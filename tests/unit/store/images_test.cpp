#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "store/store.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace store = containerlib::store;
namespace fs = std::filesystem;
using test::TempDir;

namespace {

template <class Call>
std::error_code code_of(Call call) {
  try {
    call();
  } catch (const cl::Error& error) {
    return error.code();
  }
  return {};
}

std::size_t entries(const std::string& dir) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(dir), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a new store is private, and its parents are made") {
  TempDir dir;
  store::Store store(test::options(dir / "a/b"));
  struct stat status;
  REQUIRE(::stat((dir / "a/b").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  CHECK(store.images().empty());
  CHECK(code_of([&] { store.image("x"); }) == cl::Errc::image_not_found);
}

TEST_CASE("an image is found by every name it has") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"one", "two"}, {"alpine:3", "localhost/x"});
  std::string id = image.id.text();
  for (std::string name : {std::string("alpine:3"), std::string("docker.io/library/alpine:3"),
                           std::string("localhost/x:latest"), id, id.substr(7), id.substr(7, 5),
                           "alpine@" + image.digest.text(), image.digest.text()}) {
    CAPTURE(name);
    CHECK(store.image(name).digest == image.digest);
  }
  for (std::string name :
       {std::string("alpine"), std::string("alpine:4"), std::string("BAD NAME"), std::string(),
        std::string("sha256:"), id + "0", "debian@" + image.digest.text()}) {
    CAPTURE(name);
    CHECK(code_of([&] { store.image(name); }) == cl::Errc::image_not_found);
  }
  CHECK(image.tags == std::vector<std::string>{"docker.io/library/alpine:3", "localhost/x:latest"});
  CHECK(image.config_json == "config");
  CHECK(image.layers.size() == 2);
  CHECK(image.size == 6);
}

TEST_CASE("lowers are short links, topmost layer first") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"one", "two"}, {"x"});
  auto lowers = store.lowers(image);
  REQUIRE(lowers.size() == 2);
  CHECK(test::read_file(dir / "l/" + lowers[0] + "/file") == "two");
  CHECK(test::read_file(dir / "l/" + lowers[1] + "/file") == "one");
  CHECK(fs::read_symlink(dir / "l/" + lowers[0]) ==
        "../layers/" + std::string(image.layers[1].hex()));
  // A layer that comes twice is mounted once, where it is topmost.
  auto twice = test::add_image(store, "twice", {"one", "two", "one"}, {});
  CHECK(store.lowers(twice) == std::vector<std::string>{lowers[1], lowers[0]});
  // Another image with the same layer has the same link.
  auto other = test::add_image(store, "other", {"one"}, {});
  CHECK(store.lowers(other) == std::vector<std::string>{lowers[1]});
}

TEST_CASE("tags move, and the image they leave stays") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto one = test::add_image(store, "one", {"a"}, {"x"});
  auto two = test::add_image(store, "two", {"a"}, {"x"});
  CHECK(store.image("x").id == two.id);
  CHECK(store.image(one.id.text()).tags.empty());
  store.tag(one.digest, cl::oci::Reference::require("y:1"));
  CHECK(store.image("y:1").id == one.id);
  CHECK(store.tags(one.digest) == std::vector<std::string>{"docker.io/library/y:1"});
  CHECK(code_of([&] {
          store.tag(cl::oci::Digest::of("none"), cl::oci::Reference::require("z"));
        }) == cl::Errc::image_not_found);
  auto images = store.images();
  REQUIRE(images.size() == 2);
  CHECK(images[0].id == two.id);  // newest first
}

TEST_CASE("removing the last name removes the image and what only it needed") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  std::string empty = test::snapshot(dir.path());
  auto one = test::add_image(store, "one", {"shared", "own"}, {"x", "y"});
  auto two = test::add_image(store, "two", {"shared"}, {"z"});
  CHECK(store.remove_image("x") ==
        std::vector<std::string>{"untagged: docker.io/library/x:latest"});
  CHECK(store.remove_image("y") == std::vector<std::string>{"untagged: docker.io/library/y:latest",
                                                            "deleted: " + one.id.text()});
  CHECK(entries(dir / "layers") == 1);
  CHECK(entries(dir / "l") == 1);
  CHECK(entries(dir / "blobs/sha256") == 3);
  CHECK(entries(dir / "tmp") == 0);
  CHECK(store.image("z").id == two.id);
  CHECK(store.remove_image(two.id.text().substr(7, 12)).size() == 2);
  CHECK(test::snapshot(dir.path()) == empty);
  CHECK(code_of([&] { store.remove_image("z"); }) == cl::Errc::image_not_found);
  CHECK(code_of([&] { store.lowers(two); }) == cl::Errc::image_not_found);
}

TEST_CASE("an id with several names is removed by force only") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "one", {"a"}, {"x", "y"});
  std::string id = image.id.text();
  try {
    store.remove_image(id.substr(7, 12));
    FAIL("removed");
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::in_use);
    CHECK(error.hint().find("library/x:latest, docker.io/library/y:latest") != std::string::npos);
  }
  CHECK(store.image("x").tags.size() == 2);
  CHECK(store.remove_image(id, true) ==
        std::vector<std::string>{"untagged: docker.io/library/x:latest",
                                 "untagged: docker.io/library/y:latest", "deleted: " + id});
}

TEST_CASE("an image is said to be deleted when no manifest has its id any more") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto gzip = test::add_image(store, "config", {"a"}, {"gzip"});
  auto zstd = test::add_image(store, "config", {"a", "b"}, {"zstd"});
  REQUIRE(gzip.id == zstd.id);
  CHECK(store.remove_image("gzip") ==
        std::vector<std::string>{"untagged: docker.io/library/gzip:latest"});
  CHECK(store.image(zstd.id.text()).digest == zstd.digest);
  CHECK(store.remove_image("zstd").back() == "deleted: " + zstd.id.text());
}

TEST_CASE("an image in use is not removed") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "one", {"a"}, {"x", "y"});
  SUBCASE("held by somebody, in this or another process") {
    store::Store other(test::options(dir.path()));
    cl::Fd held = other.hold_image(image);
    cl::Fd twice = store.hold_image(image);
    CHECK(store.remove_image("y").size() == 1);  // only a name
    CHECK(code_of([&] { store.remove_image("x"); }) == cl::Errc::in_use);
    CHECK(code_of([&] { store.remove_image("x", true); }) == cl::Errc::in_use);
    held.reset();
    CHECK(code_of([&] { store.remove_image("x"); }) == cl::Errc::in_use);
    twice.reset();
    CHECK(store.remove_image("x").size() == 2);
    CHECK(code_of([&] { store.hold_image(image); }) == cl::Errc::image_not_found);
  }
  SUBCASE("by a container's record: force leaves the container its layers") {
    auto record = test::container("c1", "name", image.id.text());
    store.add_container(record);
    auto lowers = store.lowers(image);
    CHECK(code_of([&] { store.remove_image(image.id.text()); }) == cl::Errc::in_use);
    CHECK(store.remove_image(image.id.text(), true).size() == 3);
    CHECK(store.images().empty());
    CHECK(store.container_lowers(record.id) == lowers);
    CHECK(test::read_file(dir / "l/" + lowers[0] + "/file") == "a");
    CHECK(entries(dir / "blobs/sha256") == 0);
    store.remove_container(record.id);
    CHECK(entries(dir / "layers") == 0);
  }
}

TEST_CASE("an ambiguous prefix says so") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  std::string digits;
  bool doubled = false;
  for (int i = 0; i < 17; ++i) {
    char first = test::add_image(store, "c" + std::to_string(i), {}, {}).id.hex()[0];
    doubled = digits.find(first) != std::string::npos;
    digits += first;
    if (doubled) break;
  }
  REQUIRE(doubled);
  try {
    store.image(digits.substr(digits.size() - 1));
    FAIL("found");
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::image_not_found);
    CHECK(error.hint().find("several") != std::string::npos);
  }
}

TEST_CASE("a damaged blob is noticed, and loading it again heals it") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"a"}, {"x"});
  std::string file = dir / "blobs/sha256/" + std::string(image.id.hex());
  SUBCASE("changed") { test::write_file(file, "konfig"); }
  SUBCASE("missing") { ::unlink(file.c_str()); }
  CHECK(code_of([&] { store.image("x"); }) == cl::Errc::image_corrupt);
  CHECK(store.images().empty());
  test::add_image(store, "config", {"a"}, {"x"});
  CHECK(store.image("x").config_json == "config");
}

TEST_CASE("a blob of another size than was committed is not opened") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"a"}, {"x"});
  std::uint64_t size = 0;
  CHECK(store.open_blob(image.id, &size));
  CHECK(size == 6);
  std::string file = dir / "blobs/sha256/" + std::string(image.id.hex());
  SUBCASE("shorter") { fs::resize_file(file, 3); }
  SUBCASE("longer") { fs::resize_file(file, 7); }
  CHECK(code_of([&] { store.open_blob(image.id); }) == cl::Errc::image_corrupt);
}

TEST_CASE("a layer whose directory is gone is replaced by the next commit") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"a"}, {"x"});
  fs::remove_all(dir / "layers/" + std::string(image.layers[0].hex()));
  CHECK_FALSE(store.layer(image.layers[0]));
  test::add_image(store, "config", {"a"}, {"x"});
  CHECK(store.layer(image.layers[0]));
  CHECK(test::read_file(dir / "l/" + store.lowers(image)[0] + "/file") == "a");
}

TEST_CASE("several stores on one root see each other's commits") {
  TempDir dir;
  store::Store one(test::options(dir.path())), two(test::options(dir.path()));
  test::add_image(one, "config", {"a"}, {"x"});
  CHECK(two.image("x").config_json == "config");
  two.remove_image("x");
  CHECK(one.images().empty());
}

TEST_CASE("many threads add and remove images that share a layer") {
  TempDir dir;
  store::Store first(test::options(dir.path()));
  std::atomic<int> unexpected{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      try {
        store::Store store(test::options(dir.path()));
        for (int i = 0; i < 10; ++i) {
          std::string name = "image" + std::to_string(t);
          auto image = test::add_image(store, "c" + name, {"shared", name}, {name});
          auto lowers = store.lowers(image);
          if (lowers.size() != 2 || test::read_file(dir / "l/" + lowers[1] + "/file") != "shared")
            ++unexpected;
          store.remove_image(name);
        }
      } catch (const std::exception& error) {
        MESSAGE(std::string(error.what()));
        ++unexpected;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(unexpected == 0);
  CHECK(entries(dir / "layers") == 0);
  CHECK(entries(dir / "tmp") == 0);
}
