// SEC-15: the content of an image's directory is given to a volume; a symlink in the image made it
// the host's directory of that name (CVE-2022-23648).
#include "integration/bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

const char* const escapes[] = {"/etc", "/../../etc", "../../../../../../etc", "/proc/1/root/etc",
                               "/proc/self/cwd/etc"};

/// A file that the host's /etc has and the image's has not.
constexpr const char* of_the_host = "hostname";

}  // namespace

TEST_CASE("SEC-15 what is copied into a tmpfs is the root's own") {
  REQUIRE(fs::exists(std::string("/etc/") + of_the_host));
  Bundle bundle;
  for (const std::string target : escapes) {
    fs::remove(bundle.rootfs() / "volume");
    fs::create_symlink(target, bundle.rootfs() / "volume");
    const CommandResult result = bundle.run(
        {.script = "ls -a /volume/",
         .mounts = {mount_json("/volume", "tmpfs", "tmpfs", {"tmpcopyup", "mode=755"})}});
    CHECK_MESSAGE(!contains(result.out, of_the_host), target << ": " << result.out);
    // Where the link can be followed inside, it is the image's /etc.
    if (result.code == 0 && target == "/etc") CHECK(contains(result.out, "passwd"));
  }
}

TEST_CASE_FIXTURE(Containers, "SEC-15 the volumes that an image names are the root's own") {
  for (const std::string target : escapes) {
    const HostileImage image(
        *this, [&](const fs::path& root) { fs::create_symlink(target, root / "volume"); });
    auto plain = runtime().try_run(image, {.args = {"ls", "-a", "/volume/"}});
    if (plain) CHECK_MESSAGE(!contains(plain->out, of_the_host), target << ": " << plain->out);
    auto mounted = runtime().try_run(
        image, {.args = {"ls", "-a", "/volume/"}, .mounts = {{.target = "/volume"}}});
    if (mounted) CHECK_MESSAGE(!contains(mounted->out, of_the_host), target);
  }
}
