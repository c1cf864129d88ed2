// SEC-13: locks and states in a directory that all may write to are somebody else's when he was
// there first (CVE-2015-1331).
#include <stdlib.h>
#include <sys/stat.h>

#include "integration/cli_fixture.hpp"
#include "integration/oci_bundle.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

constexpr unsigned somebody = 65534;

/// What opening a Runtime on this run directory, and starting a container, says. Empty: it worked.
std::string refusal(const fs::path& run_root) {
  const auto error = error_of([&] {
    cl::Runtime runtime({.root = Host::get().root, .run_root = run_root});
    runtime.run(runtime.image("busybox"), {.args = {"true"}});
  });
  return error ? error->what() : "";
}

bool is_refused(const fs::path& run_root) {
  const std::string text = refusal(run_root);
  return contains(text, "it belongs to") || contains(text, "Not a directory") ||
         contains(text, "Too many levels of symbolic links");
}

fs::path fresh(const char* name) {
  const fs::path dir = Host::get().scratch / name;
  fs::remove_all(dir);
  return dir;
}

/// A directory of ours, as the owner leaves it.
fs::path own_directory(const char* name) {
  const fs::path dir = fresh(name);
  fs::create_directory(dir);
  fs::permissions(dir, fs::perms::owner_all);
  return dir;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-13 a run directory that others may write to is refused") {
  const fs::path open = own_directory("run-open");
  fs::permissions(open, fs::perms::all | fs::perms::sticky_bit);
  CHECK(is_refused(open));
  const fs::path target = own_directory("run-target"), link = fresh("run-link");
  fs::create_symlink(target, link);
  CHECK(is_refused(link));
  CHECK(fs::is_empty(target));
  for (const fs::path& path : {open, target, link}) fs::remove_all(path);
}

TEST_CASE_FIXTURE(Containers, "SEC-13 a run directory of another user is refused") {
  SKIP_IF(!is_root(), "only root can give a directory away");
  const fs::path dir = own_directory("run-other");
  REQUIRE(::chown(dir.c_str(), somebody, somebody) == 0);
  CHECK(is_refused(dir));
  CHECK(fs::is_empty(dir));
  fs::remove_all(dir);
}

TEST_CASE_FIXTURE(Cli, "SEC-13 a lock file or directory that was there before is refused") {
  SKIP_IF(!is_root(), "an ordinary user's containers all have the same ids");
  // In a /run of the test's own.
  const auto start_after = [&](const std::string& prepare) {
    return sh("exec unshare --mount --propagation private sh -ec 'mount -t tmpfs tmpfs /run;" +
                  prepare + R"(
exec "$@"' sh "$@")",
              {"run", "--rm", "busybox", "echo", "ran"});
  };
  const std::string ranges = "mkdir -m 700 /run/containerlib /run/containerlib/ranges\n";
  const CommandResult fine = start_after(ranges);
  REQUIRE_MESSAGE(fine.out == "ran\n", fine.err);
  const fs::path canary = host.scratch / "canary";
  write_file(canary, "untouched");
  const std::string file = "/run/containerlib/ranges/leases";
  for (const std::string& prepare :
       {ranges + "ln -s " + canary.string() + " " + file,
        ranges + "ln -s " + (host.scratch / "made").string() + " " + file,
        ranges + "touch " + file + "; chown 65534 " + file,
        ranges + "touch " + file + "; chmod 666 " + file, ranges + "mkfifo " + file,
        ranges + "chown 65534 /run/containerlib/ranges",
        ranges + "chmod 777 /run/containerlib/ranges",
        std::string(
            "mkdir -m 700 /run/containerlib /run/x; ln -s /run/x /run/containerlib/ranges")}) {
    const CommandResult result = start_after(prepare);
    CHECK_MESSAGE(result.code != 0, prepare);
    CHECK_MESSAGE(result.out == "", prepare);
  }
  CHECK(read_file(canary) == "untouched");
  CHECK_FALSE(fs::exists(host.scratch / "made"));
  fs::remove(canary);
}

TEST_CASE("SEC-13 the state of a container that somebody else has made is not believed") {
  OciBundle bundle;
  fs::create_directory(bundle.root());
  const fs::path dir = bundle.root() / "planted";
  fs::create_directory(dir);
  fs::permissions(dir, fs::perms::all);  // whoever can write there may have written it
  write_file(dir / "state.json", "{}");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"state", "planted"}, {"kill", "planted"}, {"delete", "--force", "planted"}}) {
    const CommandResult result = bundle.runtime(words);
    CHECK(result.code != 0);
    CHECK_MESSAGE(contains(result.err, "it belongs to another user or others may write to it"),
                  words[0] << ": " << result.err);
  }
  if (is_root()) {
    fs::permissions(dir, fs::perms::owner_all);
    REQUIRE(::chown(dir.c_str(), somebody, somebody) == 0);
    CHECK(contains(bundle.runtime({"state", "planted"}).err, "it belongs to another user"));
  }
  CHECK(fs::exists(dir / "state.json"));
  fs::remove_all(dir);
  fs::create_directory(bundle.dir() / "target");
  fs::create_symlink(bundle.dir() / "target", dir);
  CHECK(bundle.runtime({"delete", "--force", "planted"}).code != 0);
  CHECK(fs::exists(bundle.dir() / "target"));
  fs::remove(dir);
}

TEST_CASE("SEC-13 an ordinary user's states are not kept where somebody else was first") {
  SKIP_IF(is_root(), "root's are in /run");
  const fs::path root = "/tmp/containerlib-runtime-" + std::to_string(::geteuid());
  SKIP_IF(fs::exists(root), root.string() + " is there");
  const auto list = [] {
    return command({CONTAINERLIB_RUNTIME, "list"}, {.env = {{{"PATH", "/usr/bin:/bin"}}}});
  };
  fs::create_directory(root);
  fs::permissions(root, fs::perms::all);
  CHECK(contains(list().err, "others may write to it"));
  fs::permissions(root, fs::perms::owner_all);
  CHECK(list().code == 0);
  fs::remove(root);
  fs::create_symlink("/var/tmp", root);
  CHECK(list().code != 0);
  fs::remove(root);
  CHECK(list().code == 0);
  fs::remove(root);
}
