// SEC-10: what the runtime puts into a container, as /etc/hosts, goes through a symlink of the
// image's to a file of the host (CVE-2019-18837, CVE-2025-24965).
#include "integration/bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

const std::vector<std::string> files = {"etc/hosts", "etc/resolv.conf", "etc/hostname",
                                        "run/.containerenv"};

std::vector<std::string> targets_of(const Canary& canary) {
  const std::string file = canary.dir() / "file", missing = canary.dir() / "missing";
  return {file,       "../../../../../.." + file, missing, "../../../../../.." + missing, "/fifo",
          "/dev/zero"};
}

void make_fifo(const fs::path& root) { CHECK(command({"mkfifo", root / "fifo"}).code == 0); }

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-10 symlinks of the image in place of files that are put there") {
  const Canary canary(host.scratch / "canary");
  for (const std::string& target : targets_of(canary)) {
    CAPTURE(target);
    const HostileImage image(*this, [&](const fs::path& root) {
      make_fifo(root);
      for (const std::string& file : files) replace_by_link(root / file, target);
    });
    // Right or refused, and neither hangs.
    (void)runtime().try_run(image, {.args = {"true"}, .timeout = 20s});
    const fs::path source = host.scratch / "source";
    write_file(source, "mounted");
    for (const std::string& file : files) {
      auto result = runtime().try_run(image, {.args = {"cat", "/" + file},
                                              .mounts = {{.source = source, .target = "/" + file}},
                                              .timeout = 20s});
      if (result)
        CHECK(result->out == "mounted");
      else
        CHECK_MESSAGE(contains(result.error().what(), file), std::string(result.error().what()));
    }
    fs::remove(source);
    CHECK(canary.changes() == "");
  }
}

TEST_CASE("SEC-10 symlinks in a bundle's root file system in place of a mount's file") {
  const Bundle bundle;
  const Canary canary(bundle.dir() / "canary");
  write_file(bundle.dir() / "source", "mounted");
  make_fifo(bundle.rootfs());
  for (const std::string& target : targets_of(canary))
    for (const std::string& file : files) {
      CAPTURE(target);
      replace_by_link(bundle.rootfs() / file, target);
      const CommandResult result =
          bundle.run({.script = "cat /" + file,
                      .mounts = {mount_json("/" + file, "bind", "source", {"bind"})}});
      if (result.code == 0)
        CHECK(result.out == "mounted");
      else
        CHECK_MESSAGE(contains(result.err, file), result.err);
      CHECK(canary.changes() == "");
    }
}
