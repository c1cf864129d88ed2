// Images: load, import, list, tag, remove, save; and what other tools make and read.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <thread>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

void must(const std::vector<std::string>& args) {
  const CommandResult done = command(args);
  REQUIRE_MESSAGE(done.code == 0, args[0] << " " << args[1] << ": " << done.err);
}

/// A store of its own for each test, so that the program's stays as it is.
class Store : public Containers {
 public:
  Store() {
    dir = host.scratch / "images";
    fs::create_directory(dir);
    own.emplace(cl::RuntimeOptions{.root = dir / "data", .run_root = dir / "run"});
  }
  ~Store() {
    // Rootless, layers belong to subordinate ids: they are the library's to remove.
    for (const cl::Image& image : own->images())
      (void)own->try_remove_image(image.id(), true).has_value();
    own.reset();
    std::error_code error;
    fs::remove_all(dir, error);
  }
  fs::path dir;
  std::optional<cl::Runtime> own;

  /// Makes an OCI layout with umoci: busybox, and on top of it a layer that adds, changes, removes,
  /// and replaces a directory.
  std::string make_layout() {
    const std::string layout = dir / "layout", image = layout + ":two", bundle = dir / "bundle";
    must({"umoci", "init", "--layout", layout});
    must({"umoci", "new", "--image", image});
    const std::vector<std::string> rootless = is_root() ? Args{} : Args{"--rootless"};
    const auto umoci = [&](Args args) {
      args.insert(args.begin(), "umoci");
      args.insert(args.begin() + 2, rootless.begin(), rootless.end());
      must(args);
    };
    umoci({"unpack", "--image", image, bundle});
    fs::copy(host.busybox_root(), dir / "bundle/rootfs",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    fs::create_directories(dir / "bundle/rootfs/opaque/old");
    write_file(dir / "bundle/rootfs/gone", "x\n");
    write_file(dir / "bundle/rootfs/changed", "before\n");
    must({"umoci", "repack", "--image", image, bundle});
    fs::remove_all(bundle);
    umoci({"unpack", "--image", image, bundle});
    fs::remove(dir / "bundle/rootfs/gone");
    write_file(dir / "bundle/rootfs/changed", "after\n");
    fs::remove_all(dir / "bundle/rootfs/opaque");
    fs::create_directories(dir / "bundle/rootfs/opaque/new");
    must({"umoci", "repack", "--image", image, bundle});
    must({"umoci", "config", "--image", image, "--config.cmd", "sh", "--config.env", "MADE=umoci",
          "--config.workingdir", "/tmp", "--config.label", "colour=red"});
    return layout;
  }
  std::string shell(const cl::Image& image, const std::string& script) {
    const cl::Completed done = own->run(image, {.args = {"sh", "-c", script}});
    CHECK_MESSAGE(done.status.success(), done.err);
    return without_newline(done.out);
  }
};

#define NEEDS_TOOLS() \
  SKIP_IF(!has_program("umoci") || !has_program("skopeo"), "needs umoci and skopeo")

std::string digest_of(const std::string& text) {
  return "sha256:" + command({"sha256sum"}, {.in = text}).out.substr(0, 64);
}

// Every file below: name and size.
std::string listing(const fs::path& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) names.push_back(entry.path());
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(Store, "images: a layout made by umoci loads and runs") {
  NEEDS_TOOLS();
  const cl::Image image = own->load(make_layout());
  CHECK(image.layers().size() == 2);
  CHECK(image.config().env.size() >= 1);
  CHECK(image.tags() == Args{"docker.io/library/layout:two"});
  CHECK(image.config().working_dir == "/tmp");
  CHECK(image.config().labels.at("colour") == "red");
  CHECK(image.config().os == "linux");
  CHECK(digest_of(image.config_json()) == image.id());
  CHECK(digest_of(image.manifest_json()) == image.digest());
  CHECK(shell(image, "cat /changed; ls /opaque; ls /gone 2>&1; pwd; echo $MADE") ==
        "after\nnew\nls: /gone: No such file or directory\n/tmp\numoci");
}

TEST_CASE_FIXTURE(Store, "images: every archive that skopeo makes of it is the same image") {
  NEEDS_TOOLS();
  const std::string source = "oci:" + make_layout() + ":two";
  const std::string first = own->load(dir / "layout").id();
  for (const std::string format : {"docker-archive", "oci-archive"}) {
    const std::string archive = dir / (format + ".tar");
    must({"skopeo", "copy", "-q", source, format + ":" + archive + ":example.org/two:1"});
    const cl::Image image = own->load(archive);
    CHECK_MESSAGE(shell(image, "cat /changed; ls /opaque") == "after\nnew", format);
    CHECK(image.layers().size() == 2);
    if (format == "oci-archive") CHECK(image.id() == first);
  }
  must({"gzip", "-k", dir / "oci-archive.tar"});
  CHECK(own->load(dir / "oci-archive.tar.gz").id() == first);
  if (has_program("zstd")) {
    must({"zstd", "-q", dir / "oci-archive.tar"});
    CHECK(own->load(dir / "oci-archive.tar.zst").id() == first);
  }
}

TEST_CASE_FIXTURE(Store, "images: docker-archive names become tags") {
  NEEDS_TOOLS();
  const std::string archive = dir / "named.tar";
  must({"skopeo", "copy", "-q", "oci:" + make_layout() + ":two",
        "docker-archive:" + archive + ":example.org/named:7"});
  const cl::Image image = own->load(archive, {.tag = "extra"});
  const auto tags = image.tags();
  CHECK(std::count(tags.begin(), tags.end(), "example.org/named:7") == 1);
  CHECK(std::count(tags.begin(), tags.end(), "docker.io/library/extra:latest") == 1);
  CHECK(own->image("example.org/named:7").id() == image.id());
  CHECK(own->image("extra").id() == image.id());
}

TEST_CASE_FIXTURE(Store, "images: zstd layers") {
  NEEDS_TOOLS();
  const std::string layout = make_layout(), zstd = dir / "zstd";
  must({"skopeo", "copy", "-q", "--dest-compress-format", "zstd", "--dest-compress",
        "oci:" + layout + ":two", "oci:" + zstd + ":two"});
  const cl::Image image = own->load(zstd);
  CHECK(contains(image.manifest_json(), "zstd"));
  CHECK(shell(image, "cat /changed") == "after");
}

TEST_CASE_FIXTURE(Store, "images: what save writes, skopeo and umoci read, digests unchanged") {
  NEEDS_TOOLS();
  const cl::Image image = own->load(make_layout());
  const fs::path archive = dir / "saved.tar", folder = dir / "saved";
  image.save(archive);
  const CommandResult raw =
      command({"skopeo", "inspect", "--raw", "oci-archive:" + archive.string()});
  CHECK_MESSAGE(raw.code == 0, raw.err);
  CHECK(raw.out == image.manifest_json());
  CHECK(digest_of(raw.out) == image.digest());
  image.save(folder, cl::ImageFormat::oci_layout);
  const std::string index = read_file(folder / "index.json");
  CHECK(contains(index, image.digest()));
  for (const auto& blob : fs::directory_iterator(folder / "blobs/sha256"))
    CHECK(digest_of(read_file(blob.path())) == "sha256:" + blob.path().filename().string());
  std::smatch tag;
  REQUIRE(std::regex_search(index, tag,
                            std::regex("org.opencontainers.image.ref.name\"\\s*:\\s*\"([^\"]*)")));
  CHECK(tag[1] == "two");
  Args unpack = {"umoci", "unpack", "--image", folder.string() + ":" + tag[1].str(),
                 dir / "unpacked"};
  if (!is_root()) unpack.insert(unpack.begin() + 2, "--rootless");
  must(unpack);
  CHECK(read_file(dir / "unpacked/rootfs/changed") == "after\n");
  CHECK_FALSE(fs::exists(dir / "unpacked/rootfs/gone"));
  // Loading what was saved gives the same image, and the same archive again.
  own->remove_image(image.id());
  const cl::Image again = own->load(archive);
  CHECK(again.id() == image.id());
  CHECK(again.digest() == image.digest());
  again.save(dir / "again.tar");
  CHECK(read_file(dir / "again.tar") == read_file(archive));
}

TEST_CASE_FIXTURE(Store, "images: an archive with two names, skopeo is told one") {
  NEEDS_TOOLS();
  const cl::Image image = own->load(make_layout(), {.tag = "example.org/saved:1"});
  REQUIRE(image.tags().size() == 2);
  const std::string archive = dir / "two.tar";
  image.save(archive);
  const CommandResult raw =
      command({"skopeo", "inspect", "--raw", "oci-archive:" + archive + ":1"});
  CHECK_MESSAGE(raw.code == 0, raw.err);
  CHECK(raw.out == image.manifest_json());
}

TEST_CASE_FIXTURE(Store, "images: docker-archive saved, skopeo reads it") {
  NEEDS_TOOLS();
  const cl::Image image = own->load(make_layout(), {.tag = "example.org/saved:1"});
  const std::string archive = dir / "docker.tar";
  image.save(archive, cl::ImageFormat::docker_archive);
  const CommandResult seen =
      command({"skopeo", "inspect", "--config", "--raw", "docker-archive:" + archive});
  CHECK_MESSAGE(seen.code == 0, seen.err);
  CHECK(seen.out == image.config_json());
  must({"skopeo", "copy", "-q", "docker-archive:" + archive,
        "oci:" + (dir / "back").string() + ":x"});
  CHECK(shell(own->load(dir / "back"), "cat /changed") == "after");
}

TEST_CASE_FIXTURE(Store, "images: save to a pipe, load from a pipe") {
  NEEDS_TOOLS();
  const cl::Image image = own->load(make_layout(), {.tag = "piped"});
  const fs::path archive = dir / "piped.tar";
  {
    const cl::Fd out(::open(archive.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    own->try_save({"piped"}, out.get()).value();
  }
  own->remove_image("piped");
  CHECK_FALSE(own->try_image("piped"));
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  std::thread writer([&] {
    const std::string bytes = read_file(archive);
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t size = ::write(ends[1], bytes.data() + at, bytes.size() - at);
      if (size <= 0) break;
      at += static_cast<std::size_t>(size);
    }
    ::close(ends[1]);
  });
  const auto loaded = own->try_load_all(ends[0]).value();
  writer.join();
  ::close(ends[0]);
  REQUIRE(loaded.size() == 1);
  CHECK(own->image("piped").id() == image.id());
}

TEST_CASE_FIXTURE(Store, "images: an index for several platforms: the host's is taken") {
  NEEDS_TOOLS();
  const fs::path layout = make_layout();
  const cl::Image image = own->load(layout);
  // A second manifest for another architecture, of the same layers.
  const std::string machine = image.config().architecture;
  const std::string other = machine == "arm64" ? "amd64" : "arm64";
  must({"umoci", "tag", "--image", layout.string() + ":two", "other"});
  must({"umoci", "config", "--image", layout.string() + ":other", "--architecture", other});
  const std::string index = read_file(layout / "index.json");
  std::vector<std::string> digests, sizes;
  const std::regex entry("\"digest\":\\s*\"(sha256:[0-9a-f]{64})\",\\s*\"size\":\\s*([0-9]+)");
  for (std::sregex_iterator it(index.begin(), index.end(), entry), end; it != end; ++it) {
    digests.push_back((*it)[1]);
    sizes.push_back((*it)[2]);
  }
  REQUIRE(digests.size() == 2);
  const bool first_is_host = digests[0] == image.digest();
  const auto described = [&](std::size_t i) {
    return "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" +
           digests[i] + "\",\"size\":" + sizes[i] + ",\"platform\":{\"os\":\"linux\"," +
           "\"architecture\":\"" + ((i == 0) == first_is_host ? machine : other) + "\"}}";
  };
  const std::string nested =
      "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
      "\"manifests\":[" +
      described(1) + "," + described(0) + "]}";
  write_file(layout / "blobs/sha256" / digest_of(nested).substr(7), nested);
  write_file(layout / "index.json",
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
             "\"application/vnd.oci.image.index.v1+json\",\"digest\":\"" +
                 digest_of(nested) + "\",\"size\":" + std::to_string(nested.size()) + "}]}");
  own->remove_image(image.id());
  CHECK(own->load(layout).config().architecture == machine);
  CHECK(own->load(layout, {.platform = "linux/" + other}).config().architecture == other);
  const auto none = error_of([&] { own->load(layout, {.platform = "linux/s390x"}); });
  REQUIRE(none);
  CHECK(none->code() == cl::Errc::image_not_found);
  CHECK(contains(none->what(), "s390x"));
}

TEST_CASE_FIXTURE(Store, "images: a corrupt layer is refused and nothing is left") {
  NEEDS_TOOLS();
  const fs::path layout = make_layout();
  const std::string empty = listing(dir / "data");
  fs::path largest;
  for (const auto& blob : fs::directory_iterator(layout / "blobs/sha256"))
    if (largest.empty() || blob.file_size() > fs::file_size(largest)) largest = blob.path();
  const std::string good = read_file(largest);
  const auto refused = [&](const std::string& bytes, const std::string& what) {
    write_file(largest, bytes);
    const auto error = error_of([&] { own->load(layout); });
    REQUIRE_MESSAGE(error, what);
    CHECK_MESSAGE(error->code() == cl::Errc::image_corrupt,
                  what << ": " << std::string(error->what()));
    CHECK_MESSAGE(contains(error->what(), largest.filename().string().substr(0, 12)),
                  error->what());
    CHECK(own->images().empty());
    CHECK_MESSAGE(listing(dir / "data") == empty, what);
  };
  std::string flipped = good;
  flipped[flipped.size() / 2] = char(flipped[flipped.size() / 2] ^ 1);
  refused(flipped, "a flipped bit");
  refused(good.substr(0, good.size() / 2), "half of it");
  refused(good + "x", "one byte more");
  refused("", "empty");
  write_file(largest, good);
  CHECK(own->load(layout).layers().size() == 2);
}

TEST_CASE_FIXTURE(Store, "images: files that are no images") {
  write_file(dir / "text", "this is no archive\n");
  write_file(dir / "empty", "");
  must({"tar", "-C", host.busybox_root(), "-cf", dir / "rootfs.tar", "etc"});
  for (const std::string name : {"text", "empty", "rootfs.tar"}) {
    const auto error = error_of([&] { own->load(dir / name); });
    REQUIRE_MESSAGE(error, name);
    CHECK_MESSAGE(error->code() == cl::Errc::image_corrupt, std::string(error->what()));
  }
  const auto missing = error_of([&] { own->load(dir / "nosuch.tar"); });
  REQUIRE(missing);
  CHECK(missing->code() == std::errc::no_such_file_or_directory);
  CHECK(contains(missing->what(), "nosuch.tar"));
  CHECK(own->images().empty());
}

TEST_CASE_FIXTURE(Store, "images: import of a directory and of a tar give the same files") {
  must({"tar", "-C", host.busybox_root(), "-czf", dir / "root.tar.gz", "."});
  const cl::Image from_dir = own->import(host.busybox_root(), {.tag = "from-dir"});
  const cl::Image from_tar = own->import(dir / "root.tar.gz", {.tag = "from-tar:2",
                                                               .entrypoint = {"echo"},
                                                               .command = {"default"},
                                                               .env = {{"A", "b"}},
                                                               .user = "root",
                                                               .cwd = "/tmp"});
  const std::string list = "find / -xdev | grep -v -e /proc -e /sys -e /dev | sort | sha256sum";
  CHECK(
      shell(from_dir, list) ==
      without_newline(own->run(from_tar, {.args = {"sh", "-c", list}, .entrypoint = Args{}}).out));
  CHECK(own->run(from_tar).out == "default\n");
  CHECK(from_tar.config().working_dir == "/tmp");
  CHECK(from_tar.tags() == Args{"docker.io/library/from-tar:2"});
  CHECK(own->import(host.busybox_root()).id() == from_dir.id());
}

TEST_CASE_FIXTURE(Store, "images: control characters of a file's name do not reach the log") {
  const fs::path root = dir / "root";
  fs::create_directory(root);
  const std::string name = "\x1b[31mred\n";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string at = root / name;
  REQUIRE(at.size() < sizeof address.sun_path);
  at.copy(address.sun_path, at.size());
  const cl::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  Args lines;
  cl::Runtime logging(
      {.root = dir / "data",
       .run_root = dir / "run",
       .on_log = [&](cl::LogLevel, std::string_view line) { lines.emplace_back(line); }});
  logging.import(root);
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines[0], "\\x1b[31mred\\x0a"));
}

TEST_CASE_FIXTURE(Store, "images: a handle starts containers after its image was loaded again") {
  const cl::Image image = own->import(host.busybox_root(), {.tag = "again"});
  const fs::path archive = dir / "again.tar";
  image.save(archive);
  const auto load_again = [&] {
    own->remove_image("again");
    CHECK(own->load(archive).digest() == image.digest());
  };
  CHECK(shell(image, "echo run") == "run");
  load_again();
  CHECK(shell(image, "echo run again") == "run again");
  load_again();
  CHECK(own->start(image, {.args = {"true"}}).wait().success());
  load_again();
  cl::Container made = own->create(image, {.args = {"true"}});
  made.start();
  CHECK(made.wait().success());
}

TEST_CASE_FIXTURE(Store, "images: several are saved to a file or a directory") {
  const cl::Image one = own->import(host.busybox_root(), {.tag = "one"});
  const cl::Image two = own->import(host.busybox_root(), {.tag = "two", .env = {{"X", "y"}}});
  own->tag(two, "unsaved");
  for (const cl::ImageFormat format : {cl::ImageFormat::docker_archive,
                                       cl::ImageFormat::oci_archive, cl::ImageFormat::oci_layout}) {
    const fs::path to = dir / ("saved" + std::to_string(static_cast<int>(format)));
    own->try_save({"one", "two"}, to, format).value();
    cl::Runtime other({.root = dir / "other", .run_root = dir / "run"});
    const auto loaded = other.load_all(to);
    REQUIRE(loaded.size() == 2);
    CHECK(loaded[0].tags() == Args{"docker.io/library/one:latest"});
    CHECK(loaded[1].tags() == Args{"docker.io/library/two:latest"});
    CHECK(loaded[1].id() == two.id());
    for (const cl::Image& image : loaded) other.remove_image(image.id());
  }
  CHECK_FALSE(own->try_save({"one", "nosuch"}, dir / "nothing"));
  CHECK_FALSE(fs::exists(dir / "nothing"));
}

TEST_CASE_FIXTURE(Store, "images: names, lists and removal") {
  const cl::Image image = own->import(host.busybox_root(), {.tag = "one"});
  own->tag(image, "example.org/two:2");
  CHECK(image.tags() == Args{"docker.io/library/one:latest", "example.org/two:2"});
  for (const std::string& name :
       {std::string("one"), std::string("one:latest"), std::string("docker.io/library/one"),
        std::string("example.org/two:2"), image.id(), image.id().substr(7, 12)})
    CHECK_MESSAGE(own->image(name).id() == image.id(), name);
  CHECK(own->images().size() == 1);
  const cl::Image other = own->import(host.busybox_root(), {.tag = "other", .env = {{"X", "y"}}});
  CHECK(own->images().size() == 2);
  own->tag(other, "one");  // a name belongs to one image
  CHECK(own->image("one").id() == other.id());
  CHECK(own->remove_image("example.org/two:2") ==
        Args{"untagged: example.org/two:2", "deleted: " + image.id()});
  const auto gone = error_of([&] { own->image(image.id()); });
  REQUIRE(gone);
  CHECK(gone->code() == cl::Errc::image_not_found);
  CHECK(shell(own->image("other"), "echo shared layer is still there") ==
        "shared layer is still there");
  const auto several = error_of([&] { own->remove_image(other.id()); });
  REQUIRE(several);
  CHECK(several->code() == cl::Errc::in_use);
  own->remove_image(other.id(), true);
  CHECK(own->images().empty());
  CHECK(fs::is_empty(dir / "data/layers"));
  CHECK(fs::is_empty(dir / "data/blobs/sha256"));
}

TEST_CASE_FIXTURE(Store, "images: a layer is unpacked once, whatever image brought it") {
  own->import(host.busybox_root(), {.tag = "a"});
  own->import(host.busybox_root(), {.tag = "b", .env = {{"X", "y"}}});
  CHECK(own->images().size() == 2);
  std::size_t layers = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(dir / "data/layers")) ++layers;
  CHECK(layers == 1);
}

TEST_CASE_FIXTURE(Store, "images: wrong names") {
  const cl::Image image = own->import(host.busybox_root(), {.tag = "good"});
  for (const std::string name : {"", "UPPER", "a:b:c", "name:", "-x", "a//b", "x@sha256:12"}) {
    const auto error = error_of([&] { own->tag(image, name); });
    REQUIRE_MESSAGE(error, name);
    CHECK_MESSAGE(error->code() == cl::Errc::invalid_option, std::string(error->what()));
  }
  CHECK(image.tags().size() == 1);
}

TEST_CASE_FIXTURE(Store, "images: owners, modes, times, links and sparse names survive") {
  SKIP_IF(!is_root(), "needs root: owners");
  const fs::path root = dir / "root";
  fs::create_directories(root / "d");
  fs::copy(host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  write_file(root / "d/file", "x");
  REQUIRE(::chown((root / "d/file").c_str(), 1000, 2000) == 0);
  fs::permissions(root / "d/file", fs::perms(04751));
  fs::create_hard_link(root / "d/file", root / "d/hard");
  fs::create_symlink("file", root / "d/soft");
  write_file(root / ("d/" + std::string(200, 'n')), "long");
  write_file(root / "d/späße\n", "odd");
  must({"touch", "-d", "2001-02-03 04:05:06 UTC", root / "d/file"});
  const cl::Image image = own->import(root, {.tag = "details"});
  CHECK(shell(image, "cd /d; stat -c '%u:%g %a %Y %h' file hard; readlink soft; find . | wc -c") ==
        "1000:2000 4751 981173106 2\n1000:2000 4751 981173106 2\nfile\n237");
}
