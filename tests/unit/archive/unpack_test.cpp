#include "archive/unpack.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "support/skip.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/archive/test_host.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace fs = std::filesystem;
using test::TarBytes;

namespace {

constexpr uid_t some_user = 65534;

/// Root without its power over files, while it lives: what others may not, this thread may not.
class Powerless {
 public:
  explicit Powerless(bool wanted) : wanted_(wanted && ::geteuid() == 0) {
    if (wanted_) ::setfsuid(some_user);
  }
  Powerless(const Powerless&) = delete;
  ~Powerless() {
    if (wanted_) ::setfsuid(0);
  }

 private:
  bool wanted_;
};

/// A layer's directory beside a canary that nothing may touch.
class Layer {
 public:
  Layer() {
    fs::create_directory(dir_ / "layer");
    fs::create_directory(dir_ / "outside");
    test::write_file(dir_ / "outside/canary", "alive");
    before_ = test::snapshot(dir_ / "outside");
  }

  cl::store::LayerRecord unpack(const std::string& tar) {
    archive::MemorySource source(tar);
    cl::Fd root(::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    cl::store::Log log = [this](cl::LogLevel, std::string_view line) { lines.emplace_back(line); };
    archive::LayerJob job{
        .vfs = cl::store::Vfs::real(),
        .root = root.get(),
        .open_lower =
            [this](std::size_t n) {
              if (n >= lowers.size()) return cl::Fd();
              return cl::Fd(::open(lowers[n].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            },
        .subject = "layer test",
        .host = host.host,
        .log = log};
    if (powerless && ::geteuid() == 0) REQUIRE(::fchown(root.get(), some_user, 0) == 0);
    auto record = [&] {
      Powerless user(powerless);
      return archive::unpack(source, job);
    }();
    CHECK(test::snapshot(dir_ / "outside") == before_);
    return record;
  }

  /// What the refusal says; "accepted" if there was none.
  std::string refusal(const std::string& tar) {
    std::string out = "accepted";
    try {
      unpack(tar);
    } catch (const cl::Error& error) {
      CHECK(error.code() == cl::Errc::image_corrupt);
      CHECK(error.subject().find("layer test") == 0);
      out = error.what();
    }
    CHECK(test::snapshot(dir_ / "outside") == before_);
    return out;
  }

  std::string path() const { return dir_ / "layer"; }
  std::string operator/(const std::string& name) const { return path() + '/' + name; }
  std::string outside() const { return dir_ / "outside"; }
  struct stat stat(const std::string& name) const {
    struct stat out {};
    CAPTURE(name);
    REQUIRE(::lstat((*this / name).c_str(), &out) == 0);
    return out;
  }
  mode_t mode(const std::string& name) const { return stat(name).st_mode & 07777; }
  bool exists(const std::string& name) const {
    struct stat out;
    return ::lstat((*this / name).c_str(), &out) == 0;
  }
  bool is_whiteout(const std::string& name) const {
    struct stat status = stat(name);
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
  }
  bool is_opaque(const std::string& name) const {
    char value = 0;
    return ::getxattr((*this / name).c_str(), "user.overlay.opaque", &value, 1) == 1 &&
           value == 'y';
  }

  test::TestHost host;
  std::vector<std::string> lowers, lines;
  bool powerless = false;  ///< unpack as an ordinary user does

 private:
  test::TempDir dir_;
  std::string before_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an ordinary layer") {
  Layer layer;
  auto record = layer.unpack(TarBytes()
                                 .dir(".", 0711)
                                 .dir("etc", 0750)
                                 .file("etc/passwd", "root", 0640)
                                 .file("bin/tool", "elf", 04755)
                                 .symlink("bin/sh", "tool")
                                 .link("bin/same", "bin/tool")
                                 .add({.name = "run/fifo", .type = '6', .mode = 0622})
                                 .end());
  CHECK(record.size == 7);
  CHECK(layer.mode(".") == 0711);
  CHECK(layer.mode("etc") == 0750);
  CHECK(layer.mode("etc/passwd") == 0640);
  CHECK(layer.mode("bin") == 0755);
  CHECK(layer.mode("bin/tool") == 04755);
  CHECK(layer.mode("run/fifo") == 0622);
  CHECK(S_ISFIFO(layer.stat("run/fifo").st_mode));
  CHECK(test::read_file(layer / "bin/same") == "elf");
  CHECK(layer.stat("bin/same").st_ino == layer.stat("bin/tool").st_ino);
  CHECK(fs::read_symlink(layer / "bin/sh") == "tool");
  for (const char* name : {"etc", "etc/passwd", "bin/sh", "run/fifo"})
    CHECK(layer.stat(name).st_mtim.tv_sec == 1000);
}

TEST_CASE("the host's umask does not matter, not even a mad one") {
  Layer layer;
  mode_t before = ::umask(0777);
  layer.unpack(TarBytes().dir("d", 0777).file("d/f", "", 0666).file("e/f", "", 0666).end());
  ::umask(before);
  CHECK(layer.mode("d") == 0777);
  CHECK(layer.mode("d/f") == 0666);
  CHECK(layer.mode("e") == 0755);
}

TEST_CASE("an empty layer") {
  Layer layer;
  CHECK(layer.unpack(std::string(1024, '\0')).size == 0);
  CHECK(layer.mode(".") == 0755);
  CHECK(fs::is_empty(layer.path()));
}

TEST_CASE("whiteouts become overlay's, whatever the order") {
  for (bool first : {true, false}) {
    CAPTURE(first);
    Layer layer;
    TarBytes whiteouts, entries, tar;
    whiteouts.file(".wh.gone").file("dir/.wh.gone").file(".wh.kept").file(".wh.kept_dir");
    whiteouts.file("opaque/.wh..wh..opq").file("deep/er/.wh.x");
    entries.dir("dir").file("kept", "new").dir("kept_dir").file("kept_dir/f").dir("opaque");
    entries.file("opaque/f", "x");
    tar.raw(first ? whiteouts.bytes() + entries.bytes() : entries.bytes() + whiteouts.bytes());
    auto record = layer.unpack(tar.end());
    CHECK(layer.is_whiteout("gone"));
    CHECK(layer.is_whiteout("dir/gone"));
    CHECK(test::read_file(layer / "kept") == "new");
    CHECK(layer.is_opaque("kept_dir"));  // the lower one is hidden, this one is there
    CHECK(layer.is_opaque("opaque"));
    CHECK(layer.exists("opaque/f"));
    CHECK(layer.is_whiteout("deep/er/x"));
    CHECK_FALSE(layer.is_opaque("dir"));
    CHECK_FALSE(layer.exists(".wh.gone"));
    CHECK_FALSE(record.opaque_root);
  }
}

TEST_CASE("an opaque root hides all layers below") {
  Layer layer;
  CHECK(layer.unpack(TarBytes().file(".wh..wh..opq").file("f").end()).opaque_root);
  CHECK_FALSE(layer.exists(".wh..wh..opq"));
}

TEST_CASE("reserved names that mean nothing are refused") {
  for (const char* name : {".wh.", ".wh..", ".wh...", "a/.wh..", ".wh..wh.x", ".wh..wh..opq/x",
                           ".wh.d/f", ".wh.../x", "a/.wh..wh..opq/b"}) {
    CAPTURE(name);
    Layer layer;
    CHECK(has(layer.refusal(TarBytes().file(name).end()), "reserved"));
  }
  Layer layer;
  CHECK(has(layer.refusal(TarBytes().dir(".wh.d").end()), "whiteout"));
}

TEST_CASE("what AUFS left behind is ignored") {
  Layer layer;
  layer.unpack(
      TarBytes().dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x").file(".wh..wh.aufs").end());
  CHECK(fs::is_empty(layer.path()));
}

TEST_CASE("a whiteout in disguise is refused") {
  Layer layer;
  CHECK(has(layer.refusal(TarBytes().add({.name = "x", .type = '3'}).end()), "0:0"));
  for (const char* xattr : {"user.overlay.opaque", "trusted.overlay.opaque",
                            "trusted.overlay.redirect", "user.overlay.whiteout"}) {
    CAPTURE(xattr);
    for (char type : {'0', '5', '2'}) {
      Layer other;
      TarBytes tar;
      tar.pax({{std::string("SCHILY.xattr.") + xattr, "y"}});
      tar.add({.name = "d", .type = type, .link = type == '2' ? "t" : ""});
      CHECK(has(other.refusal(tar.end()), xattr));
    }
  }
}

TEST_CASE("nothing leads out of the layer (SEC-72)") {
  SUBCASE("dot-dot is refused") {
    for (const char* name : {"../canary", "a/../../outside/canary", "..", "a/.."}) {
      CAPTURE(name);
      Layer layer;
      CHECK(has(layer.refusal(TarBytes().file(name, "dead").end()), "\"..\""));
      Layer link;
      CHECK(has(link.refusal(TarBytes().link("l", name).end()), "\"..\""));
    }
  }
  SUBCASE("absolute names are below the root") {
    Layer layer;
    layer.unpack(TarBytes().file("/abs/f", "x").link("//l", "/abs/f").end());
    CHECK(test::read_file(layer / "abs/f") == "x");
    CHECK(test::read_file(layer / "l") == "x");
  }
  SUBCASE("through symbolic links: scoped to the root") {
    Layer layer;
    for (const std::string& target : {layer.outside(), std::string("../outside"),
                                      std::string("../../../../../../../outside")}) {
      CAPTURE(target);
      Layer each;
      std::string tar = TarBytes()
                            .symlink("link", target)
                            .file("link/canary", "dead")
                            .file("link/.wh.canary")
                            .end();
      each.refusal(tar);  // the target is not there: refused; what matters is the canary
    }
    layer.unpack(TarBytes().dir("real").symlink("link", "/real").file("link/f", "x").end());
    CHECK(test::read_file(layer / "real/f") == "x");
  }
  SUBCASE("a hard link to the outside") {
    Layer layer;
    CHECK(has(layer.refusal(TarBytes().link("l", layer.outside() + "/canary").end()), "hard link"));
    Layer through;
    CHECK(has(
        through.refusal(
            TarBytes().symlink("s", "../outside").link("l", "s/canary").file("l", "dead").end()),
        "hard link"));
  }
  SUBCASE("a file through a link of the same name replaces the link") {
    Layer layer;
    layer.unpack(TarBytes().symlink("f", layer.outside() + "/canary").file("f", "own").end());
    CHECK(test::read_file(layer / "f") == "own");
    CHECK(S_ISREG(layer.stat("f").st_mode));
  }
  SUBCASE("a directory over a link to a directory does not change that") {
    Layer layer;
    layer.unpack(TarBytes().symlink("d", layer.outside()).dir("d", 0700).file("d/f").end());
    CHECK(S_ISDIR(layer.stat("d").st_mode));
  }
  SUBCASE("an opaque marker below a link") {
    Layer layer;
    layer.refusal(TarBytes().symlink("d", layer.outside()).file("d/.wh..wh..opq").end());
  }
}

TEST_CASE("the root stays a directory (SEC-71)") {
  for (const char* name : {".", "./", "/", "./."}) {
    CAPTURE(name);
    Layer link, file;
    CHECK(has(link.refusal(TarBytes().symlink(name, "/etc").end()), "the root is no directory"));
    CHECK(has(file.refusal(TarBytes().add({.name = name}).end()), "the root is no directory"));
  }
}

TEST_CASE("of duplicate names the last one wins") {
  Layer layer;
  layer.unpack(TarBytes()
                   .file("f", "one")
                   .file("f", "two", 0600)
                   .dir("d", 0700)
                   .file("d/kept", "x")
                   .dir("d", 0711)
                   .dir("dir_then_file")
                   .file("dir_then_file/lost")
                   .file("dir_then_file", "file")
                   .file("file_then_dir", "file")
                   .dir("file_then_dir", 0750)
                   .file("file_then_dir/f")
                   .symlink("l", "a")
                   .symlink("l", "b")
                   .end());
  CHECK(test::read_file(layer / "f") == "two");
  CHECK(layer.mode("f") == 0600);
  CHECK(layer.mode("d") == 0711);
  CHECK(layer.exists("d/kept"));
  CHECK(test::read_file(layer / "dir_then_file") == "file");
  CHECK(layer.mode("file_then_dir") == 0750);
  CHECK(fs::read_symlink(layer / "l") == "b");
}

TEST_CASE("a later name does not write into an earlier hard link's file") {
  Layer layer;
  layer.unpack(TarBytes().file("a", "one").link("b", "a").file("b", "two").end());
  CHECK(test::read_file(layer / "a") == "one");
  CHECK(test::read_file(layer / "b") == "two");
}

TEST_CASE("hard links are to earlier files of the layer") {
  for (const char* target : {"missing", "no/dir", "d", "", "/", "f/x"}) {
    CAPTURE(target);
    Layer layer;
    CHECK(layer.refusal(TarBytes().dir("d").file("f").link("l", target).end()) != "accepted");
  }
  Layer itself;
  CHECK(has(itself.refusal(TarBytes().file("f").link("f", "f").end()), "itself"));
  Layer to_link;
  to_link.unpack(TarBytes().symlink("s", "x").link("l", "s").end());
  CHECK(fs::read_symlink(to_link / "l") == "x");
}

TEST_CASE("entries below what is no directory are refused") {
  Layer file, loop, nowhere;
  CHECK(has(file.refusal(TarBytes().file("f").file("f/x").end()), "no directory"));
  CHECK(has(loop.refusal(TarBytes().symlink("a", "b").symlink("b", "a").file("a/x").end()),
            "no directory"));
  CHECK(has(nowhere.refusal(TarBytes().symlink("a", "gone").file("a/x").end()), "leads nowhere"));
}

TEST_CASE("directories that lock their owner out get their mode last") {
  Layer layer;
  layer.unpack(TarBytes().dir("d", 0).file("d/f", "x").dir("d/e", 0111).file("d/e/g", "y").end());
  CHECK(layer.mode("d") == 0);
  ::chmod((layer / "d").c_str(), 0700);
  CHECK(layer.mode("d/e") == 0111);
}

TEST_CASE("a directory with a second name through a symbolic link is one directory") {
  SUBCASE("its owner is not locked out before what is in it is done") {
    Layer layer;
    layer.host.host.owners = &layer.host.owners;
    layer.powerless = true;
    layer.unpack(TarBytes().dir("z", 0).symlink("a", "z").dir("a/sub", 0500).end());
    CHECK(layer.mode("z") == 0);
  }
  SUBCASE("it is forgotten with the directory that a file replaces") {
    Layer layer;
    layer.unpack(TarBytes().dir("d").symlink("x", "d").dir("x/sub").file("d", "file").end());
    CHECK(test::read_file(layer / "d") == "file");
  }
  SUBCASE("the last entry counts, whatever name it uses") {
    Layer layer;
    layer.unpack(TarBytes().dir("d").symlink("x", "d").dir("d/sub", 0700).dir("x/sub", 0711).end());
    CHECK(layer.mode("d/sub") == 0711);
  }
  SUBCASE("implied directories, too") {
    Layer layer;
    layer.unpack(TarBytes().dir("d").symlink("a", "d").file("a/sub/f").dir("d/sub", 0711).end());
    CHECK(layer.mode("d/sub") == 0711);
  }
}

TEST_CASE("what is kept of a layer until its end is limited together") {
  auto refused = [](const TarBytes& tar, bool rootless = false) {
    Layer layer;
    layer.host.host.limits.kept_size = 20'000;
    if (rootless) layer.host.host.owners = &layer.host.owners;
    return has(layer.refusal(tar.end()), "take more than 20000 bytes");
  };
  TarBytes directories, attributes, whiteouts, opaques, owners, files;
  for (int i = 0; i < 200; ++i) {
    std::string name = "name" + std::to_string(i);
    directories.dir(name);
    whiteouts.file(".wh." + name);
    opaques.file(name + "/.wh..wh..opq");
    owners.add({.name = name, .uid = 5});
    files.file(name);
  }
  attributes.pax({{"SCHILY.xattr.user.k", std::string(30'000, 'x')}}).dir("d");
  CHECK(refused(directories));
  CHECK(refused(attributes));
  CHECK(refused(whiteouts));
  CHECK(refused(opaques));
  CHECK(refused(owners, true));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "d/";
  CHECK(refused(TarBytes().pax({{"path", deep + "f"}}).file("x")));
  CHECK_FALSE(refused(files));
}

TEST_CASE("odd times and names") {
  Layer layer;
  TarBytes tar;
  tar.add({.name = "before", .mtime = -100}).pax({{"mtime", "1.25"}}).file("fraction");
  tar.pax({{"mtime", "-1.5"}}).dir("negative");
  std::string longest(255, 'n');
  tar.pax({{"path", longest}}).file("x").file("new\nline \xff");
  layer.unpack(tar.end());
  CHECK(layer.stat("before").st_mtim.tv_sec == -100);
  CHECK(layer.stat("fraction").st_mtim.tv_nsec == 250'000'000);
  CHECK(layer.stat("negative").st_mtim.tv_sec == -2);
  CHECK(layer.exists(longest));
  CHECK(layer.exists("new\nline \xff"));
  Layer too_long;
  CHECK_THROWS_AS(
      too_long.unpack(TarBytes().pax({{"path", std::string(256, 'n')}}).file("x").end()),
      cl::Error);
}

TEST_CASE("two thousand levels") {
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "d/";
  Layer layer;
  layer.unpack(TarBytes().pax({{"path", deep + "f"}}).file("x").end());
  CHECK(layer.exists("d/d/d/d"));
}

TEST_CASE("user attributes are kept, the host's are left out") {
  Layer layer;
  TarBytes tar;
  tar.pax({{"SCHILY.xattr.user.k", "v"},
           {"SCHILY.xattr.security.selinux", "label"},
           {"SCHILY.xattr.trusted.x", "t"}});
  tar.file("f", "", 0444);
  layer.unpack(tar.end());
  char value[8] = {};
  CHECK(::getxattr((layer / "f").c_str(), "user.k", value, sizeof value) == 1);
  CHECK(layer.mode("f") == 0444);
  CHECK(::getxattr((layer / "f").c_str(), "trusted.x", value, sizeof value) < 0);
  CHECK(layer.lines.size() == 2);
}

TEST_CASE("rootless: owners and capabilities are handed over once, files stay the caller's") {
  Layer layer;
  layer.host.host.owners = &layer.host.owners;
  std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  TarBytes tar;
  tar.dir("d", 0750, 33, 33)
      .file("root_owned")
      .add({.name = "f", .mode = 04755, .uid = 5, .gid = 6});
  tar.add({.name = "s", .type = '2', .link = "f", .uid = 7});
  tar.pax({{"SCHILY.xattr.security.capability", capability}}).file("ping");
  tar.add({.name = "null", .type = '3', .major = 1, .minor = 3});
  tar.symlink("alias", "d").add({.name = "alias/x", .uid = 8});
  tar.add({.name = "gone", .uid = 9}).file("gone");
  layer.unpack(tar.end());
  CHECK(layer.host.owners.calls == 1);
  auto& owners = layer.host.owners.all;
  auto owner = [&](const std::string& path) -> archive::Owner {
    for (const archive::Owner& each : owners)
      if (each.path == path) return each;
    FAIL("no owner for " << path);
    return {};
  };
  CHECK(owners.size() == 5);
  CHECK(owner("d").uid == 33);
  CHECK(owner("d").mode == 0750);
  CHECK(owner("f").gid == 6);
  CHECK(owner("f").mode == 04755);
  CHECK(owner("s").symlink);
  CHECK(owner("ping").capability == capability);
  CHECK(owner("d/x").uid == 8);  // as it is, not as the link names it
  CHECK_FALSE(layer.exists("null"));
  CHECK(layer.lines.size() == 1);
  CHECK(layer.stat("f").st_uid == ::geteuid());
}

TEST_CASE("root: owners, devices and file capabilities") {
  SKIP_IF(::geteuid() != 0, "needs root");
  Layer layer;
  std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  TarBytes tar;
  tar.dir("d", 0750, 33, 34).add({.name = "f", .mode = 06755, .uid = 5, .gid = 6});
  tar.add({.name = "s", .type = '2', .link = "f", .uid = 7, .gid = 8});
  tar.pax({{"uid", "4294967294"}}).file("big");
  tar.pax({{"SCHILY.xattr.security.capability", capability}})
      .add({.name = "ping", .mode = 0755, .uid = 1});
  tar.add({.name = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3});
  layer.unpack(tar.end());
  CHECK(layer.stat("d").st_gid == 34);
  CHECK(layer.stat("f").st_uid == 5);
  CHECK(layer.mode("f") == 06755);
  CHECK(layer.stat("s").st_uid == 7);
  CHECK(layer.stat("big").st_uid == 4294967294U);
  char value[64];
  CHECK(::getxattr((layer / "ping").c_str(), "security.capability", value, sizeof value) == 20);
  if (layer.lines.empty()) {
    CHECK(layer.stat("null").st_rdev == makedev(1, 3));
    CHECK(layer.mode("null") == 0666);
  } else {
    CHECK(has(layer.lines[0], "may not be made"));  // no CAP_MKNOD
  }
}

TEST_CASE("implied directories look as in the layers below") {
  Layer bottom, middle, layer;
  bottom.unpack(TarBytes()
                    .dir(".", 0711)
                    .dir("root", 0700)
                    .dir("hidden", 0700)
                    .dir("gone", 0700)
                    .dir("a", 0751)
                    .dir("a/b", 0702)
                    .end());
  middle.unpack(TarBytes()
                    .dir("a", 0710)
                    .file(".wh.gone")
                    .dir("hidden", 0750)
                    .file("hidden/.wh..wh..opq")
                    .end());
  layer.lowers = {middle.path(), bottom.path()};
  layer.unpack(TarBytes()
                   .file("root/.x")
                   .file("a/b/f")
                   .file("gone/f")
                   .file("hidden/sub/f")
                   .file("new/f")
                   .end());
  CHECK(layer.mode(".") == 0755);  // the middle layer, the nearest, had no entry for it
  CHECK(layer.mode("root") == 0700);
  CHECK(layer.stat("root").st_mtim.tv_sec == 1000);
  CHECK(layer.mode("a") == 0710);
  CHECK(layer.mode("a/b") == 0702);
  CHECK(layer.mode("gone") == 0755);
  CHECK(layer.mode("hidden") == 0750);
  CHECK(layer.mode("hidden/sub") == 0755);
  CHECK(layer.mode("new") == 0755);
}
