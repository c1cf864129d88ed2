// SEC-02: /proc, /sys or /dev of the image is a symbolic link, so that what the library mounts and
// writes there would land elsewhere.
#include <atomic>
#include <thread>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// An image whose `link` leads to `target`.
cl::Image with_link(Containers& test, const std::string& link, const std::string& target) {
  const fs::path root = test.host.scratch / "linked";
  fs::remove_all(root);
  fs::copy(test.host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::remove_all(root / link);
  fs::create_symlink(target, root / link);
  fs::create_directories(root / "bad");
  const cl::Image image = test.runtime().import(root, {.tag = "linked"});
  fs::remove_all(root);
  return image;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-02 a symlink in place of /proc, /sys or /dev is refused") {
  // A directory of the host that must stay empty.
  const fs::path canary = host.scratch / "canary";
  fs::create_directories(canary);
  for (const std::string link : {"proc", "sys", "dev"})
    for (const std::string& target : {std::string("/bad"), std::string("bad"), canary.string(),
                                      "../../../.." + canary.string()}) {
      const cl::Image image = with_link(*this, link, target);
      const auto error = error_of([&] { runtime().run(image, {.args = {"true"}}); });
      CHECK_MESSAGE(error, link << " -> " << target);
      if (error) CHECK_MESSAGE(contains(error->what(), "/" + link), std::string(error->what()));
      runtime().remove_image("linked");
    }
  CHECK(fs::is_empty(canary));
  fs::remove(canary);
}

TEST_CASE_FIXTURE(Containers, "SEC-02 refused each time, also while the monitor is still at work") {
  const cl::Image image = with_link(*this, "sys", "/bad");
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
  runtime().remove_image("linked");
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
