// SEC-02: /proc, /sys, /dev or /sys/fs/cgroup of the image is a symbolic link, so that what the
// library mounts and writes there would land elsewhere (CVE-2019-19921, CVE-2023-27561).
#include <atomic>
#include <thread>

#include "integration/bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// A bundle that mounts nothing at this path's parents, so that the link is met.
CommandResult run_with(const Bundle& bundle, const std::string& link) {
  BundleConfig config;
  config.script = "true";
  config.own_dev = link != "dev/pts";
  config.own_sys = link != "sys/fs/cgroup";
  if (link == "dev/pts") config.mounts = {mount_json("/dev/pts", "devpts", "devpts", {})};
  if (link == "sys/fs/cgroup")
    config.mounts = {mount_json("/sys/fs/cgroup", "cgroup", "cgroup", {"ro"})};
  return bundle.run(config);
}

const std::vector<std::string> links = {"proc", "sys", "dev", "dev/pts", "sys/fs/cgroup"};

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-02 a symlink in place of /proc, /sys or /dev is refused") {
  const Canary canary(host.scratch / "canary");
  for (const std::string link : {"proc", "sys", "dev"})
    for (const std::string& target :
         {std::string("/bad"), std::string("bad"), canary.dir().string(),
          "../../../.." + canary.dir().string()}) {
      const HostileImage image(*this, [&](const fs::path& root) {
        replace_by_link(root / link, target);
        fs::create_directories(root / "bad");
      });
      const auto error = error_of([&] { runtime().run(image, {.args = {"true"}}); });
      CHECK_MESSAGE(error, link << " -> " << target);
      if (error) CHECK_MESSAGE(contains(error->what(), "/" + link), std::string(error->what()));
    }
  CHECK(canary.changes() == "");
}

TEST_CASE_FIXTURE(Containers, "SEC-02 refused each time, also while the monitor is still at work") {
  const HostileImage image(*this,
                           [](const fs::path& root) { replace_by_link(root / "sys", "/bad"); });
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int run = 0; run < 40; ++run) {
          const auto result = runtime().try_run(image, {.args = {"true"}});
          refused += !result && contains(result.error().what(), "/sys");
        }
      });
  }
  CHECK(refused == 8 * 40);
}

TEST_CASE_FIXTURE(Containers, "SEC-02 a file in place of /proc is refused") {
  const fs::path root = host.scratch / "file-root";
  fs::copy(host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::remove(root / "proc");
  write_file(root / "proc", "");
  const cl::Image image = runtime().import(root, {.tag = "file"});
  fs::remove_all(root);
  const auto error = error_of([&] { runtime().run(image, {.args = {"true"}}); });
  REQUIRE(error);
  CHECK_MESSAGE(contains(error->what(), "/proc"), std::string(error->what()));
  runtime().remove_image("file");
}

TEST_CASE_FIXTURE(Containers, "SEC-02 an image without /proc, /sys and /dev gets them") {
  const fs::path root = host.scratch / "bare-root";
  fs::copy(host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  for (const std::string name : {"proc", "sys", "dev"}) fs::remove(root / name);
  const cl::Image image = runtime().import(root, {.tag = "bare"});
  fs::remove_all(root);
  CHECK(runtime()
            .run(image, {.args = {"sh", "-c",
                                  "[ -e /proc/1/stat ] && [ -d /sys/class ] && "
                                  "[ -c /dev/null ] && echo all"}})
            .out == "all\n");
  runtime().remove_image("bare");
}

TEST_CASE("SEC-02 a symlink in a bundle's root file system is refused") {
  const Bundle bundle;
  const Canary canary(bundle.dir() / "canary");
  for (const std::string& link : links)
    for (const std::string& target :
         {std::string("/bad"), canary.dir().string(), "../../../.." + canary.dir().string()}) {
      const bool there = fs::exists(bundle.rootfs() / link);
      replace_by_link(bundle.rootfs() / link, target);
      const CommandResult result = run_with(bundle, link);
      CHECK_MESSAGE(result.code != 0, link << " -> " << target);
      CHECK_MESSAGE(contains(result.err, "/" + link), result.err);
      fs::remove(bundle.rootfs() / link);
      if (there) fs::create_directory(bundle.rootfs() / link);
    }
  CHECK(canary.changes() == "");
}

TEST_CASE("SEC-02 a symlink that is exchanged with the directory while the bundle starts") {
  const Bundle bundle;
  const Canary canary(bundle.dir() / "canary");
  fs::create_directory(bundle.rootfs() / "bad");
  int ran = 0, refused = 0;
  for (const std::string& link : links) {
    const fs::path path = bundle.rootfs() / link, other = bundle.rootfs() / "other";
    fs::create_directories(path);
    for (const std::string& target : {std::string("/bad"), canary.dir().string()}) {
      fs::create_symlink(target, other);
      {
        const Exchanger exchanger(path, other);
        for (int start = 0; start < 25; ++start) {
          const CommandResult result = run_with(bundle, link);
          ++(result.code == 0 ? ran : refused);
          if (result.code != 0)
            CHECK_MESSAGE(contains(result.err, "/" + link.substr(0, 3)), result.err);
        }
        CHECK(exchanger.count() > 0);
      }
      fs::remove(fs::is_symlink(other) ? other : path);
      if (!fs::exists(path)) fs::rename(other, path);
    }
  }
  MESSAGE(ran << " ran, " << refused << " were refused");
  CHECK(ran > 0);
  CHECK(refused > 0);
  // Neither the runtime nor what it mounted has put anything there.
  CHECK(fs::is_empty(bundle.rootfs() / "bad"));
  CHECK(canary.changes() == "");
}
