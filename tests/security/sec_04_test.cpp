// SEC-04: the target of a mount is looked at, then exchanged with a symlink to a directory of the
// host, where the mount lands (CVE-2021-30465; CVE-2015-1335 is the same without a race). While it
// is exchanged: race_test.cpp for the library, here for bundles.
#include "integration/bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

TEST_CASE_FIXTURE(Containers, "SEC-04 a symlink in a volume leads a mount to the container's own") {
  const Canary canary(host.scratch / "canary");
  const fs::path volume = host.scratch / "volume", source = host.scratch / "source";
  fs::create_directories(volume);
  fs::create_directories(source);
  write_file(source / "mark", "mounted");
  const fs::path there = canary.dir() / "dir";
  fs::create_symlink(there, volume / "link");
  const HostileImage image(
      *this, [&](const fs::path& root) { fs::create_directories(root / there.relative_path()); });
  auto result =
      runtime().try_run(image, {.args = {"cat", there / "mark"},
                                .mounts = {{.source = volume, .target = "/volume"},
                                           {.source = source, .target = "/volume/link"}}});
  if (result)
    CHECK_MESSAGE(result->out == "mounted", result->err);
  else
    CHECK(contains(result.error().what(), "/volume/link"));
  CHECK(canary.changes() == "");
  for (const fs::path& path : {volume, source}) fs::remove_all(path);
}

TEST_CASE("SEC-04 a bundle's mount target that is exchanged with a symlink meanwhile") {
  const Bundle bundle;
  const Canary canary(bundle.dir() / "canary");
  const fs::path there = canary.dir() / "dir", volume = bundle.rootfs() / "volume";
  fs::create_directories(bundle.dir() / "source");
  write_file(bundle.dir() / "source/mark", "mounted");
  fs::create_directories(bundle.rootfs() / there.relative_path());
  fs::create_directories(volume / "there");
  fs::create_symlink(there, volume / "link");
  const BundleConfig config = {.script = "cat /proc/self/mountinfo",
                               .mounts = {mount_json("/volume/there", "bind", "source", {"bind"})}};
  const Exchanger exchanger(volume / "there", volume / "link");
  for (int start = 0; start < 100; ++start) {
    const CommandResult result = bundle.run(config);
    if (result.code == 0)
      CHECK_MESSAGE(contains(result.out, "/source "), result.out);
    else
      CHECK_MESSAGE(contains(result.err, "/volume/there"), result.err);
  }
  CHECK(canary.changes() == "");
}
