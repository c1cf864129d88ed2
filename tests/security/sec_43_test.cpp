// SEC-43: a store that other users can pass through gives them the setuid programs of all images
// (CVE-2021-41091).
#include <sys/stat.h>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 07777;
}

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "SEC-43 every directory of the store is its owner's alone, whatever the umask") {
  const fs::path root = host.scratch / "store", run = host.scratch / "store-run";
  const mode_t before = ::umask(0);
  {
    cl::Runtime own({.root = root, .run_root = run});
    const cl::Image image = own.import(host.busybox_root(), {.tag = "busybox"});
    cl::Container container = own.start(image, {.args = {"sleep", "60"}});
    for (const fs::path& dir : {root, run}) {
      CHECK_MESSAGE((mode_of(dir) & 077) == 0, dir);
      for (const auto& entry : fs::directory_iterator(dir))
        CHECK_MESSAGE((mode_of(entry.path()) & 077) == 0, entry.path());
    }
    const fs::path container_dir = root / "containers" / container.id();
    CHECK((mode_of(container_dir) & 077) == 0);
    CHECK((mode_of(container_dir / "work") & 077) == 0);
  }
  ::umask(before);
  cl::Runtime own({.root = root, .run_root = run});
  own.remove_image("busybox");
  fs::remove_all(run);
}

TEST_CASE_FIXTURE(Containers, "SEC-43 another user reaches no program of an image") {
  SKIP_IF(!is_root(), "needs another user");
  // The folder above may be passed, as /var/lib may.
  fs::permissions(host.scratch, fs::perms(0755));
  const std::string found =
      command({"find", host.root, "-name", "busybox", "-type", "f", "-perm", "-1"}).out;
  REQUIRE(contains(found, "/bin/busybox"));
  const CommandResult result =
      command({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c",
               "exec \"$0\" true", lines_of(found)[0]});
  CHECK(result.code != 0);
  CHECK(contains(result.err, "Permission denied"));
  fs::permissions(host.scratch, fs::perms(0700));
}
