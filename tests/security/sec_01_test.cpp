// SEC-01: something that the image or a volume brings covers /proc or a part of it, so that what is
// written there, such as the label of a confined process, goes to a file of the attacker's
// (CVE-2019-16884).
#include "integration/bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// As an image's volume at /proc has it.
void make_fake_proc(const fs::path& dir) {
  fs::create_directories(dir / "self/attr");
  write_file(dir / "self/attr/exec", "");
}

void check_refused(const std::optional<cl::Error>& error, const std::string& target) {
  CHECK_MESSAGE(error, target);
  if (error) CHECK_MESSAGE(contains(error->what(), target), std::string(error->what()));
}

void check_refused(const CommandResult& result, const std::string& part) {
  CHECK_MESSAGE(result.code != 0, part);
  CHECK_MESSAGE(contains(result.err, part), part << " in: " << result.err);
}

const std::vector<std::string> led_to = {"/proc",   "../proc/sys", "/proc/self/attr", "/sys",
                                         "/sys/fs", "/dev",        "./dev/shm"};

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-01 nothing is mounted over /proc, /sys or /dev, or in /proc") {
  const fs::path fake = host.scratch / "fake";
  make_fake_proc(fake);
  for (const std::string target : {"/proc", "/proc/", "/x/../proc", "/proc/self",
                                   "/proc/sys/kernel", "/proc/self/attr", "/sys", "/dev"})
    for (const fs::path& source : {fs::path(), fake}) {
      CAPTURE(target);
      check_refused(
          error_of([&] { run({"true"}, {.mounts = {{.source = source, .target = target}}}); }),
          "mounts.target");
    }
  CHECK(read_file(fake / "self/attr/exec").empty());
  fs::remove_all(fake);
}

TEST_CASE_FIXTURE(Containers, "SEC-01 a symlink of the image leads no mount there") {
  const fs::path fake = host.scratch / "fake";
  make_fake_proc(fake);
  for (const std::string& target : led_to) {
    CAPTURE(target);
    const HostileImage image(*this,
                             [&](const fs::path& root) { replace_by_link(root / "data", target); });
    for (const fs::path& source : {fs::path(), fake}) {
      cl::ContainerOptions options = {.args = {"true"},
                                      .mounts = {{.source = source, .target = "/data"}}};
      check_refused(error_of([&] { runtime().run(image, options); }), "/data");
      // With what is missing below made first.
      options.mounts[0].target = "/data/missing/below";
      CHECK(error_of([&] { runtime().run(image, options); }));
    }
  }
  fs::remove_all(fake);
}

TEST_CASE("SEC-01 a bundle's mounts in /proc are refused, but for the figures of the machine") {
  const Bundle bundle;
  make_fake_proc(bundle.dir() / "fake");
  write_file(bundle.dir() / "figures", "ours\n");
  for (const std::string target :
       {"/proc", "/proc/self", "/proc/self/attr", "/proc/sys", "/proc/1"}) {
    const std::string bind = mount_json(target, "bind", "fake", {"rbind"});
    check_refused(bundle.run({.script = "true", .mounts = {bind}}), "/proc");
    const std::string tmpfs = mount_json(target, "tmpfs", "tmpfs", {});
    check_refused(bundle.run({.script = "true", .mounts = {tmpfs}}), "mounts[4].destination");
  }
  const std::string bind = mount_json("/proc/meminfo", "bind", "figures", {"bind"});
  const CommandResult result = bundle.run({.script = "cat /proc/meminfo", .mounts = {bind}});
  CHECK_MESSAGE(result.out == "ours\n", result.err);
  CHECK(read_file(bundle.dir() / "fake/self/attr/exec").empty());
}

TEST_CASE("SEC-01 a symlink of a bundle's root file system leads no mount there") {
  const Bundle bundle;
  make_fake_proc(bundle.dir() / "fake");
  for (const std::string& target : led_to) {
    CAPTURE(target);
    replace_by_link(bundle.rootfs() / "data", target);
    for (const std::string& mount :
         {mount_json("/data", "bind", "fake", {"rbind"}), mount_json("/data", "tmpfs", "tmpfs", {}),
          mount_json("/data", "tmpfs", "tmpfs", {"tmpcopyup"})})
      check_refused(bundle.run({.script = "true", .mounts = {mount}}), "/data");
  }
  // A symlink to anywhere else is the image's own affair.
  replace_by_link(bundle.rootfs() / "data", "/var/log");
  const std::string bind = mount_json("/data", "bind", "fake", {"rbind"});
  const CommandResult result = bundle.run({.script = "ls /var/log", .mounts = {bind}});
  CHECK_MESSAGE(result.out == "self\n", result.err);
}
