#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "archive/archive.hpp"
#include "oci/image_config.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/archive/test_host.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace store = containerlib::store;
namespace fs = std::filesystem;
using test::TarBytes;

namespace {

struct Fixture {
  test::TempDir dir;
  std::vector<std::string> lines;
  store::Store store{options()};
  test::TestHost host;

  store::Options options() {
    store::Options out = test::options(dir / "store");
    out.log = [this](cl::LogLevel, std::string_view line) { lines.emplace_back(line); };
    return out;
  }
  store::ImageRecord import(const std::string& from, const cl::ImportOptions& options = {}) {
    return archive::import(store, dir / from, options, host.host);
  }
  std::string root(const store::ImageRecord& image) {
    return dir / "store/l/" + store.lowers(image).at(0);
  }
};

std::string tar() { return TarBytes().dir("bin").file("bin/sh", "sh", 0755).end(); }

}  // namespace

TEST_CASE("a root file system as tar, in every compression") {
  Fixture f;
  std::string bytes = tar();
  SUBCASE("plain") {}
  SUBCASE("gzip") { bytes = test::gzip(bytes); }
  SUBCASE("zstd") { bytes = test::zstd(bytes); }
  test::write_file(f.dir / "rootfs", bytes);
  auto image = f.import("rootfs", {.tag = "base:1",
                                   .entrypoint = {"/bin/sh"},
                                   .command = {"-c", "ls"},
                                   .env = {{"A", "1"}},
                                   .user = "1000",
                                   .cwd = "/srv"});
  CHECK(image.tags == std::vector<std::string>{"docker.io/library/base:1"});
  CHECK(image.layer_blobs[0] == cl::oci::Digest::of(bytes));
  CHECK(image.layers[0] == cl::oci::Digest::of(tar()));
  CHECK(test::read_file(f.root(image) + "/bin/sh") == "sh");
  auto config = cl::oci::parse_image_config(image.config_json, "test");
  CHECK(config.config.entrypoint == std::vector<std::string>{"/bin/sh"});
  CHECK(config.config.command == std::vector<std::string>{"-c", "ls"});
  CHECK(config.config.env == std::vector<std::string>{"A=1"});
  CHECK(config.config.user == "1000");
  CHECK(config.config.working_dir == "/srv");
  CHECK(cl::oci::match(cl::oci::Platform::host(), config.platform()) > 0);
  // From a descriptor it is the same image.
  cl::Fd fd(::open((f.dir / "rootfs").c_str(), O_RDONLY | O_CLOEXEC));
  auto again = archive::import(f.store, fd.get(), {}, f.host.host);
  CHECK(again.layers == image.layers);
}

TEST_CASE("what an import is told is in the configuration") {
  Fixture f;
  test::write_file(f.dir / "rootfs", tar());
  cl::ImportOptions options;
  options.labels = {{"k", "v"}};
  options.exposed_ports = {"80/tcp"};
  options.volumes = {"/data"};
  options.stop_signal = "SIGINT";
  options.message = "by hand";
  options.created = std::chrono::system_clock::from_time_t(1700000000);
  const auto image = f.import("rootfs", options);
  const cl::ImageConfig config = cl::oci::parse_image_config(image.config_json, "test").config;
  CHECK(config.labels == options.labels);
  CHECK(config.exposed_ports == options.exposed_ports);
  CHECK(config.volumes == options.volumes);
  CHECK(config.stop_signal == "SIGINT");
  CHECK(config.created == "2023-11-14T22:13:20Z");
  CHECK(image.config_json.find(R"("history":[{"comment":"by hand")") != std::string::npos);
}

TEST_CASE("a root file system as directory") {
  Fixture f;
  std::string root = f.dir / "rootfs";
  fs::create_directories(root + "/usr/bin");
  test::write_file(root + "/usr/bin/tool", "elf");
  ::chmod((root + "/usr/bin/tool").c_str(), 04755);
  fs::create_hard_link(root + "/usr/bin/tool", root + "/usr/bin/same");
  fs::create_symlink("usr/bin", root + "/bin");
  fs::create_symlink("/etc/shadow", root + "/outside");
  std::string long_name(200, 'n');
  fs::create_directory(root + '/' + long_name);
  test::write_file(root + '/' + long_name + "/f", "deep");
  ::mkfifo((root + "/fifo").c_str(), 0600);
  ::setxattr((root + "/usr/bin/tool").c_str(), "user.k", "v", 1, 0);
  ::setxattr((root + "/usr").c_str(), "user.overlay.opaque", "y", 1, 0);
  ::chmod((root + "/usr").c_str(), 0711);
  int sock = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cl::Fd socket(sock);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string at = root + "/s";
  REQUIRE(at.size() < sizeof address.sun_path);
  at.copy(address.sun_path, at.size());
  REQUIRE(::bind(sock, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  timespec times[2] = {{5, 0}, {5, 500}};
  ::utimensat(AT_FDCWD, (root + "/usr").c_str(), times, 0);

  auto image = f.import("rootfs");
  std::string out = f.root(image);
  CHECK(test::read_file(out + "/usr/bin/tool") == "elf");
  struct stat tool, same, usr;
  REQUIRE(::stat((out + "/usr/bin/tool").c_str(), &tool) == 0);
  REQUIRE(::stat((out + "/usr/bin/same").c_str(), &same) == 0);
  REQUIRE(::stat((out + "/usr").c_str(), &usr) == 0);
  CHECK(tool.st_ino == same.st_ino);
  CHECK((tool.st_mode & 07777) == 04755);
  CHECK((usr.st_mode & 07777) == 0711);
  CHECK(usr.st_mtim.tv_sec == 5);
  CHECK(fs::read_symlink(out + "/bin") == "usr/bin");
  CHECK(fs::read_symlink(out + "/outside") == "/etc/shadow");
  CHECK(test::read_file(out + '/' + long_name + "/f") == "deep");
  CHECK(fs::is_fifo(out + "/fifo"));
  CHECK_FALSE(fs::exists(out + "/s"));
  char value[8];
  CHECK(::getxattr((out + "/usr/bin/tool").c_str(), "user.k", value, sizeof value) == 1);
  CHECK(::getxattr((out + "/usr").c_str(), "user.overlay.opaque", value, sizeof value) < 0);
  // The same tree, the same digests.
  CHECK(f.import("rootfs").digest == image.digest);
}

namespace {
/// Its files have attributes that cannot be listed.
class WithoutAttributes : public store::Vfs {
 public:
  explicit WithoutAttributes(int error) : error_(error) {}
  ssize_t list_xattr(int, char*, std::size_t) override { return -error_; }

 private:
  int error_;
};
}  // namespace

TEST_CASE("attributes that cannot be read are an error, a file system without them is none") {
  for (const int error : {EOPNOTSUPP, EIO}) {
    CAPTURE(error);
    const bool works = error == EOPNOTSUPP;
    test::TempDir dir;
    fs::create_directory(dir / "rootfs");
    WithoutAttributes vfs(error);
    store::Store store(test::options(dir / "store", &vfs));
    test::TestHost host;
    bool worked = true;
    try {
      archive::import(store, dir / "rootfs", {}, host.host);
    } catch (const cl::Error& failure) {
      worked = false;
      CHECK(failure.code() == std::errc::io_error);
    }
    CHECK(worked == works);
  }
}

TEST_CASE("what cannot be imported leaves nothing") {
  Fixture f;
  std::string before = test::snapshot(f.dir / "store");
  test::write_file(f.dir / "text", std::string(2000, 'x'));
  test::write_file(f.dir / "short", test::gzip(tar()).substr(0, 50));
  for (const char* name : {"text", "short", "none"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(f.import(name), cl::Error);
  }
  test::write_file(f.dir / "good", tar());
  CHECK_THROWS_AS(f.import("good", {.tag = "NO"}), cl::Error);
  CHECK(test::snapshot(f.dir / "store") == before);
}
