#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "archive/archive.hpp"
#include "unit/archive/layout.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/archive/test_host.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace store = containerlib::store;
namespace fs = std::filesystem;
using cl::ImageFormat;
using test::LayerBytes;
using test::Layout;
using test::TarBytes;

namespace {

std::string base_tar() { return TarBytes().dir("etc").file("etc/name", "base").end(); }
std::string top_tar() { return TarBytes().file("etc/.wh.name").file("top", "top").end(); }

struct Fixture {
  test::TempDir dir;
  store::Store store{test::options(dir / "store")};
  store::Store other{test::options(dir / "other")};
  test::TestHost host;

  store::ImageRecord sample(const std::string& name = "app:1") {
    Layout layout;
    layout.index({layout.image({LayerBytes::gzip(base_tar()), LayerBytes::zstd(top_tar())},
                               Layout::named(name))});
    test::write_file(dir / "sample", layout.tar());
    return archive::load(store, dir / "sample", {}, host.host)[0].image;
  }
  void save(const std::vector<archive::SaveItem>& items, const std::string& to,
            ImageFormat format) {
    archive::save(store, items, dir / to, format);
  }
  std::vector<store::ImageRecord> load(const std::string& from) {
    return test::records(archive::load(other, dir / from, {}, host.host));
  }
};

}  // namespace

TEST_CASE("OCI archives and layouts keep every byte") {
  Fixture f;
  auto image = f.sample();
  for (ImageFormat format : {ImageFormat::oci_archive, ImageFormat::oci_layout}) {
    std::string to = format == ImageFormat::oci_archive ? "out.tar" : "out";
    f.save({{image, image.tags}}, to, format);
    auto again = f.load(to);
    REQUIRE(again.size() == 1);
    CHECK(again[0].digest == image.digest);
    CHECK(again[0].id == image.id);
    CHECK(again[0].manifest_json == image.manifest_json);
    CHECK(again[0].layer_blobs == image.layer_blobs);
    CHECK(again[0].tags == image.tags);
  }
  for (const cl::oci::Digest& blob : image.layer_blobs)
    CHECK(cl::oci::Digest::of(test::read_file(f.dir / "out/" + test::file_of(blob))) == blob);
}

TEST_CASE("docker archives keep the image's id, layers are plain tar") {
  Fixture f;
  auto image = f.sample();
  f.save({{image, image.tags}}, "out.tar", ImageFormat::docker_archive);
  auto again = f.load("out.tar");
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == image.id);
  CHECK(again[0].layers == image.layers);
  CHECK(again[0].layer_blobs == image.layers);
  CHECK(again[0].tags == image.tags);
  std::string list = test::read_file(f.dir / "out.tar");
  CHECK(list.find(R"("RepoTags":["app:1"])") != std::string::npos);
}

TEST_CASE("several images and names in one archive, shared blobs once") {
  Fixture f;
  auto one = f.sample();
  Layout layout;
  layout.index({layout.image({LayerBytes::gzip(base_tar())})});
  test::write_file(f.dir / "two", layout.tar());
  auto two = archive::load(f.store, f.dir / "two", {.tag = "two:2"}, f.host.host)[0].image;
  for (ImageFormat format : {ImageFormat::oci_archive, ImageFormat::docker_archive}) {
    CAPTURE(static_cast<int>(format));
    f.save({{one, {"docker.io/library/a:1", "localhost/b:2"}}, {two, {}}}, "out.tar", format);
    auto again = f.load("out.tar");
    REQUIRE(again.size() == 2);
    CHECK(again[0].tags == std::vector<std::string>{"docker.io/library/a:1", "localhost/b:2"});
    CHECK(again[1].tags.empty());
    CHECK(again[1].id == two.id);
    for (const store::ImageRecord& image : f.other.images())
      f.other.remove_image(image.id.text(), true);
  }
}

TEST_CASE("the same images give the same bytes") {
  Fixture f;
  auto image = f.sample();
  for (ImageFormat format : {ImageFormat::oci_archive, ImageFormat::docker_archive}) {
    f.save({{image, image.tags}}, "a", format);
    f.save({{image, image.tags}}, "b", format);
    CHECK(test::read_file(f.dir / "a") == test::read_file(f.dir / "b"));
  }
}

TEST_CASE("an archive to a descriptor") {
  Fixture f;
  auto image = f.sample();
  cl::Fd fd(::open((f.dir / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  archive::save(f.store, {{image, image.tags}}, fd.get(), ImageFormat::oci_archive);
  CHECK(f.load("out")[0].digest == image.digest);
  CHECK_THROWS_AS(archive::save(f.store, {{image, {}}}, fd.get(), ImageFormat::oci_layout),
                  cl::Error);
}

TEST_CASE("a failed save leaves nothing, and not less than there was") {
  Fixture f;
  auto image = f.sample();
  std::string blob = f.dir / "store/" + test::file_of(image.layer_blobs[1]);
  SUBCASE("a damaged blob") {
    std::string bytes = test::read_file(blob);
    bytes.back() ^= 1;
    test::write_file(blob, bytes);
  }
  SUBCASE("a truncated blob") { fs::resize_file(blob, 10); }
  SUBCASE("a missing blob") { fs::remove(blob); }
  SUBCASE("a removed image") { f.store.remove_image("app:1"); }
  fs::create_directory(f.dir / "to");
  test::write_file(f.dir / "to/old", "old");
  std::string before = test::snapshot(f.dir / "to");
  for (ImageFormat format : {ImageFormat::oci_archive, ImageFormat::docker_archive}) {
    CHECK_THROWS_AS(f.save({{image, image.tags}}, "to/new", format), cl::Error);
    CHECK_THROWS_AS(f.save({{image, image.tags}}, "to/old", format), cl::Error);
  }
  CHECK_THROWS_AS(f.save({{image, image.tags}}, "to/new", ImageFormat::oci_layout), cl::Error);
  CHECK(test::snapshot(f.dir / "to") == before);
}

namespace {
/// Notes what is done to the file that is written beside the target.
class NotingVfs : public store::Vfs {
 public:
  std::vector<std::string> done;
  int open(int dir, const char* path, int flags, mode_t mode, unsigned resolve) override {
    if (dir == AT_FDCWD && (flags & O_TMPFILE) == O_TMPFILE) done.emplace_back("new");
    if (dir == AT_FDCWD && (flags & O_CREAT) != 0)
      done.emplace_back((flags & O_EXCL) != 0 ? "new" : "any");
    return Vfs::open(dir, path, flags, mode, resolve);
  }
  int sync(int fd) override {
    done.emplace_back("sync");
    return Vfs::sync(fd);
  }
  int rename(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) override {
    if (from_dir == AT_FDCWD) done.emplace_back("rename");
    return Vfs::rename(from_dir, from, to_dir, to, flags);
  }
};
}  // namespace

TEST_CASE("a saved archive is a new file, and on the disk before it replaces an older one") {
  Fixture f;
  f.sample();
  NotingVfs vfs;
  store::Store store(test::options(f.dir / "store", &vfs));
  vfs.done.clear();
  std::string guessed = "out.partial-" + std::to_string(::getpid());
  test::write_file(f.dir / guessed, "somebody's");
  archive::save(store, {{store.image("app:1"), {}}}, f.dir / "out", ImageFormat::oci_archive);
  CHECK(vfs.done == std::vector<std::string>{"new", "sync", "rename"});
  CHECK(test::read_file(f.dir / guessed) == "somebody's");
  CHECK(f.load("out").size() == 1);
}

TEST_CASE("a layout is not written over something else") {
  Fixture f;
  auto image = f.sample();
  fs::create_directory(f.dir / "full");
  test::write_file(f.dir / "full/file", "x");
  CHECK_THROWS_AS(f.save({{image, {}}}, "full", ImageFormat::oci_layout), cl::Error);
  CHECK(test::read_file(f.dir / "full/file") == "x");
  fs::create_directory(f.dir / "empty");
  f.save({{image, {}}}, "empty", ImageFormat::oci_layout);
  CHECK(f.load("empty").size() == 1);
}

TEST_CASE("a layout is written to a directory that a symbolic link leads to") {
  Fixture f;
  auto image = f.sample();
  fs::create_directory(f.dir / "real");
  fs::create_symlink("real", f.dir / "link");
  f.save({{image, {}}}, "link", ImageFormat::oci_layout);
  CHECK(f.load("real").size() == 1);
}

TEST_CASE("a pipe or device is written to, not replaced") {
  Fixture f;
  auto image = f.sample();
  archive::save(f.store, {{image, {}}}, "/dev/null", ImageFormat::oci_archive);
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("an image that came from a docker archive is saved as OCI") {
  Fixture f;
  test::write_file(f.dir / "docker",
                   test::tar_of(test::docker_files({LayerBytes::plain(base_tar())}, "d:1")));
  auto image = archive::load(f.store, f.dir / "docker", {}, f.host.host)[0].image;
  f.save({{image, image.tags}}, "out", ImageFormat::oci_archive);
  auto again = f.load("out");
  CHECK(again[0].digest == image.digest);
  CHECK(again[0].id == image.id);
}
