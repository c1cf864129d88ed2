// Bad input gets a clear error, and nothing is left.
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// The library's own view of an error: its condition, what the message must name.
void refused(const std::optional<cl::Error>& error, std::error_code code, const Args& parts) {
  REQUIRE_MESSAGE(error, "no error, expected " << code.message());
  CHECK_MESSAGE(error->code() == code, std::string(error->what()));
  for (const std::string& part : parts)
    CHECK_MESSAGE(contains(error->what(), part), std::string(error->what()));
  CHECK_FALSE(contains(error->what(), "\n"));
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "bad input: a missing image") {
  refused(error_of([&] { runtime().image("nosuch:7"); }), cl::Errc::image_not_found, {"nosuch:7"});
  refused(error_of([&] { runtime().remove_image("nosuch"); }), cl::Errc::image_not_found,
          {"nosuch"});
}

TEST_CASE_FIXTURE(Containers, "bad input: an image that was removed") {
  const cl::Image image = runtime().import(host.busybox_root(), {.env = {{"ONLY", "here"}}});
  runtime().remove_image(image.id());
  refused(error_of([&] { runtime().run(image, {.args = {"true"}}); }), cl::Errc::image_not_found,
          {image.id().substr(7, 12)});
}

TEST_CASE_FIXTURE(Containers, "bad input: a missing container") {
  CHECK_FALSE(runtime().find("nosuch"));
}

TEST_CASE_FIXTURE(Containers, "bad input: an unknown user") {
  refused(error_of([&] { run({"true"}, {.user = "nosuch"}); }), cl::Errc::unknown_user, {"nosuch"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a missing command, one that is not executable") {
  refused(error_of([&] { run({"nosuch"}); }), cl::Errc::command_not_found, {"nosuch"});
  refused(error_of([&] { run({"/etc/group"}); }), cl::Errc::not_executable, {"/etc/group"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a bad limit") {
  refused(error_of([&] { run({"true"}, {.limits = {.memory = 1_B}}); }), cl::Errc::invalid_option,
          {"memory"});
  refused(error_of([&] { run({"true"}, {.limits = {.cpus = -1}}); }), cl::Errc::invalid_option,
          {"cpus"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a bad mount") {
  const auto mount = [&](cl::Mount mount) {
    return error_of([&] { run({"true"}, {.mounts = {mount}}); });
  };
  refused(mount({.source = "/nosuch/source", .target = "/m"}),
          std::make_error_code(std::errc::no_such_file_or_directory), {"/nosuch/source"});
  for (const std::string target : {"", "relative", "/", "/a/.."})
    refused(mount({.source = "/tmp", .target = target}), cl::Errc::invalid_option, {"mounts"});
  // A mount over what the library itself mounts would undo its isolation.
  refused(mount({.source = "/tmp", .target = "/proc"}), cl::Errc::invalid_option, {"/proc"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a name in use, a name that is none") {
  cl::Container first = start({"sleep", "60"}, {.name = "used"});
  refused(error_of([&] { start({"true"}, {.name = "used"}); }), cl::Errc::name_in_use, {"used"});
  for (const std::string name : {"-x", ".x", "a/b", "a b", "ä", "../x"})
    refused(error_of([&] { start({"true"}, {.name = name}); }), cl::Errc::invalid_option, {"name"});
}

TEST_CASE_FIXTURE(Containers, "bad input: other options") {
  const auto with = [&](cl::ContainerOptions options) {
    return error_of([&] { run({"true"}, std::move(options)); });
  };
  refused(with({.env = {{"A=B", "c"}}}), cl::Errc::invalid_option, {"env"});
  refused(with({.env = {{"", "c"}}}), cl::Errc::invalid_option, {"env"});
  refused(with({.env = {{"A", std::string("x\0y", 3)}}}), cl::Errc::invalid_option, {"env"});
  refused(with({.cwd = "relative"}), cl::Errc::invalid_option, {"cwd"});
  refused(with({.hostname = std::string(65, 'x')}), cl::Errc::invalid_option, {"hostname"});
  refused(with({.hostname = "a\nb"}), cl::Errc::invalid_option, {"hostname"});
  refused(with({.cap_add = {"NO_SUCH"}}), cl::Errc::invalid_option, {"cap_add", "NO_SUCH"});
  refused(with({.stop_signal = "SIGNOSUCH"}), cl::Errc::invalid_option, {"stop_signal"});
  refused(with({.in = cl::Stream::to(-1)}), cl::Errc::invalid_option, {"in"});
  const auto nul = error_of([&] { run({std::string("tr\0ue", 5)}); });
  refused(nul, cl::Errc::invalid_option, {"args"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a closed descriptor as a stream") {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(fd);
  const auto error = error_of([&] { run({"true"}, {.out = cl::Stream::to(fd)}); });
  REQUIRE(error);
  CHECK_FALSE(std::string(error->what()).empty());
}

TEST_CASE_FIXTURE(Containers, "bad input: messages show no control characters") {
  const auto error = error_of([&] { runtime().image("x\033[31m\ny"); });
  REQUIRE(error);
  for (const char c : std::string(error->what())) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE_FIXTURE(Containers, "bad input: a data directory that cannot be") {
  write_file(host.scratch / "file", "x");
  const auto file = cl::Runtime::open({.root = host.scratch / "file", .run_root = host.run_root});
  REQUIRE_FALSE(file.has_value());
  CHECK(contains(file.error().what(), (host.scratch / "file").string()));
  SKIP_IF(is_root(), "root may write everywhere");
  const auto denied = cl::Runtime::open({.root = "/nosuch/data", .run_root = host.run_root});
  REQUIRE_FALSE(denied.has_value());
  CHECK(contains(denied.error().what(), "/nosuch"));
}

namespace {

/// Who cannot list and remove cannot make room.
int removes_on_a_full_disk(const fs::path& data, const fs::path& run) {
  std::ofstream(data / "filler") << std::string(2 << 20, 'x');
  if (std::ofstream(data / "one more") << 'x' << std::flush) return 10;
  try {
    cl::Runtime runtime({.root = data / "data", .run_root = run});
    if (runtime.images().size() != 1 || runtime.containers().size() != 1) return 11;
    runtime.find("kept")->remove();
    runtime.remove_image("small");
    return runtime.images().empty() && runtime.containers().empty() ? 0 : 12;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "full disk: %s\n", error.what());
    return 13;
  }
}

// In a child with a mount namespace of its own, since nothing may mount in the test's.
int on_a_small_disk(const fs::path& data, const fs::path& rootfs) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0 ||
      ::mount("tmpfs", data.c_str(), "tmpfs", 0, "size=1536k") != 0)
    return 77;
  try {
    cl::Runtime runtime({.root = data / "data", .run_root = data / "run"});
    for (int round = 0; round < 3; ++round) {
      const auto result = runtime.try_import(rootfs, {.tag = "big"});
      if (result || result.error().code() != std::errc::no_space_on_device) {
        std::fprintf(stderr, "%s\n", result ? "it worked" : result.error().what());
        return 1;
      }
      if (!contains(result.error().what(), "No space left")) return 2;
      if (!runtime.images().empty()) return 3;
      for (const std::string folder : {"layers", "blobs/sha256", "tmp", "trash"})
        if (fs::exists(data / "data" / folder) && !fs::is_empty(data / "data" / folder)) {
          std::fprintf(stderr, "left in %s\n", folder.c_str());
          return 4;
        }
    }
    // The store still works: something small fits.
    fs::create_directories(data / "small/bin");
    write_file(data / "small/bin/x", "x");
    runtime.import(data / "small", {.tag = "small"});
    if (runtime.images().size() != 1) return 5;
    runtime.create(runtime.image("small"), {.name = "kept", .args = {"/bin/x"}}).detach();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 6;
  }
  return removes_on_a_full_disk(data, data.parent_path() / "other-disk");
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "bad input: a full disk") {
  SKIP_IF(!is_root(), "needs root: a small file system");
  const fs::path data = host.scratch / "small-disk";
  fs::create_directories(data);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(on_a_small_disk(data, host.busybox_root()));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  SKIP_IF(WEXITSTATUS(status) == 77, "cannot mount a tmpfs");
  CHECK(WEXITSTATUS(status) == 0);
  fs::remove_all(host.scratch / "other-disk");
}

TEST_CASE_FIXTURE(Containers, "bad input: a relative source without a working directory") {
  const fs::path before = fs::current_path(), gone = host.scratch / "gone";
  fs::create_directory(gone);
  fs::current_path(gone);
  fs::remove(gone);
  auto result = runtime().try_run(
      busybox(), {.args = {"true"}, .mounts = {{.source = "data", .target = "/data"}}});
  fs::current_path(before);
  REQUIRE_FALSE(result);
  refused(result.error(), std::make_error_code(std::errc::no_such_file_or_directory), {"data"});
}

TEST_CASE_FIXTURE(Containers, "bad input: a source whose owners cannot be shifted is named") {
  SKIP_IF(!is_root(), "needs root: an ordinary user's mounts are not shifted");
  refused(error_of([&] { run({"true"}, {.mounts = {{.source = "/proc", .target = "/host"}}}); }),
          std::make_error_code(std::errc::invalid_argument),
          {"shift ownership of /proc", "owners"});
  CHECK(run({"ls", "/host/self"}, {.mounts = {{.source = "/proc", .target = "/host"}},
                                   .user_namespace = cl::UserNamespace::host})
            .status.success());
}

TEST_CASE_FIXTURE(Containers, "bad input: a log callback that throws") {
  cl::RuntimeOptions options = host.options();
  int calls = 0;
  options.on_log = [&](cl::LogLevel, std::string_view) {
    ++calls;
    throw std::runtime_error("the host's own");
  };
  // An attribute that is not taken over is worth a warning.
  const fs::path tree = host.scratch / "tree";
  fs::create_directory(tree);
  write_file(tree / "file", "");
  SKIP_IF(::setxattr((tree / "file").c_str(), "user.overlay.opaque", "y", 1, 0) != 0,
          "no user attributes in this file system");
  cl::Runtime runtime(options);
  runtime.import(tree, {.tag = "attributes"});
  CHECK(calls > 0);
  runtime.remove_image("attributes");
  fs::remove_all(tree);
}

TEST_CASE_FIXTURE(Containers, "bad input: RLIMIT_FSIZE below the monitor's size") {
  rlimit before{}, small{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  small = before;
  small.rlim_cur = 64 << 10;
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto result = runtime().try_run(busybox(), {.args = {"true"}});
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE_FALSE(result);
  refused(result.error(), std::make_error_code(std::errc::file_too_large), {"RLIMIT_FSIZE"});
  CHECK(run({"true"}).status.success());
}
