// The wall that Landlock keeps around a workload.
#include <sys/syscall.h>
#include <unistd.h>

#include "integration/cli_fixture.hpp"

using namespace tests;

namespace {

/// The kernel's version of Landlock; not positive: none.
int abi() { return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1)); }
const std::string no_files = "needs version 3 of Landlock (Linux 6.2)";
const std::string no_ports = "needs version 4 of Landlock (Linux 6.7)";
const std::string no_scopes = "needs version 6 of Landlock (Linux 6.12)";

const cl::Landlock only_tmp = {.paths = {{.path = "/"}, {.path = "/tmp", .writable = true}}};

}  // namespace

TEST_CASE_FIXTURE(Containers, "landlock: files are written where they may be, read elsewhere") {
  SKIP_IF(abi() < 3, no_files);
  CHECK(shell("echo a > /tmp/a; cat /tmp/a; echo b 2>&1 > /b; rm /etc/passwd 2>&1; mkdir /tmp/d;"
              "mv /etc/passwd /tmp 2>&1; truncate -s 0 /etc/passwd 2>&1; grep -c root /etc/passwd;"
              "echo c > /dev/null && echo written",
              {.landlock = only_tmp}) ==
        "a\nsh: can't create /b: Permission denied\n"
        "rm: can't remove '/etc/passwd': Permission denied\n"
        "mv: can't rename '/etc/passwd': Permission denied\n"
        "truncate: /etc/passwd: open: Permission denied\n1\nwritten");
}

TEST_CASE_FIXTURE(Containers, "landlock: a command run in the container is behind it too") {
  SKIP_IF(abi() < 3, no_files);
  cl::Container container = start({"sleep", "60"}, {.landlock = only_tmp});
  CHECK(container.exec({"touch", "/tmp/a"}).status.success());
  CHECK_FALSE(container.exec({"touch", "/b"}).status.success());
  // What was not limited is not.
  cl::Container free = start({"sleep", "60"});
  CHECK(free.exec({"touch", "/b"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "landlock: nothing is executed where it may not be") {
  SKIP_IF(abi() < 3, no_files);
  const cl::Landlock landlock = {
      .paths = {{.path = "/"}, {.path = "/tmp", .writable = true, .executable = false}}};
  // Rights add up: below /tmp those of / hold too.
  CHECK(shell("cp /bin/busybox /tmp/echo; /tmp/echo ran", {.landlock = landlock}) == "ran");
  const cl::Landlock apart = {
      .paths = {{.path = "/bin"}, {.path = "/tmp", .writable = true, .executable = false}}};
  CHECK(contains(shell("cp /bin/busybox /tmp/echo; /tmp/echo ran 2>&1; true", {.landlock = apart}),
                 "Permission denied"));
  CHECK(shell("ls /etc 2>&1; true", {.landlock = apart}) ==
        "ls: can't open '/etc': Permission denied");
}

TEST_CASE_FIXTURE(Containers, "landlock: paths are opened as the container's root") {
  SKIP_IF(abi() < 3, no_files);
  SKIP_IF(!has_ids(), "needs more than one id");
  const cl::Landlock landlock = {
      .paths = {{.path = "/"}, {.path = "/closed/in", .writable = true}}};
  cl::Container container = start(
      {"sleep", "60"}, {.user = "0", .landlock = {.paths = {{.path = "/", .writable = true}}}});
  CHECK(container.exec({"sh", "-c", "mkdir -p /closed/in && chmod 700 /closed"}).status.success());
  const auto volume = host.scratch / "closed";
  std::filesystem::create_directories(volume / "in");
  std::filesystem::permissions(volume, std::filesystem::perms::owner_all);
  CHECK(run({"true"}, {.user = "1000",
                       .mounts = {{.source = volume, .target = "/closed"}},
                       .landlock = landlock})
            .status.success());
  std::filesystem::remove_all(volume);
}

TEST_CASE_FIXTURE(Containers, "landlock: a symlink of the image is followed, within it") {
  SKIP_IF(abi() < 3, no_files);
  const auto root = host.scratch / "linked";
  std::filesystem::copy(
      host.busybox_root(), root,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::create_symlink("../../../../tmp", root / "way");
  const cl::Image image = runtime().import(root, {.tag = "linked"});
  std::filesystem::remove_all(root);
  const cl::Completed done = runtime().run(
      image, {.args = {"sh", "-c", "echo x > /tmp/a && ls /tmp; touch /b"},
              .landlock = {.paths = {{.path = "/bin"}, {.path = "/way", .writable = true}}}});
  CHECK(done.out == "a\n");
  runtime().remove_image("linked");
}

TEST_CASE_FIXTURE(Containers, "landlock: TCP ports") {
  SKIP_IF(abi() < 4, no_ports);
  const std::string connect = "nc -w 1 127.0.0.1 9 </dev/null 2>&1; true";
  const auto with = [](std::optional<std::vector<std::uint16_t>> bind,
                       std::optional<std::vector<std::uint16_t>> to) {
    return cl::ContainerOptions{
        .landlock = {.tcp_bind = std::move(bind), .tcp_connect = std::move(to)}};
  };
  const std::vector<std::uint16_t> none;
  CHECK(contains(shell(connect, with({}, none)), "Permission denied"));
  CHECK(contains(shell(connect, with(none, {})), "refused"));
  CHECK(contains(shell(connect, with({}, std::vector<std::uint16_t>{9})), "refused"));
  const std::string listen = "timeout 1 nc -l -p 7 </dev/null 2>&1; true";
  CHECK(contains(shell(listen, with(none, {})), "Permission denied"));
  CHECK_FALSE(contains(shell(listen, with(std::vector<std::uint16_t>{7}, none)), "denied"));
}

TEST_CASE_FIXTURE(Containers, "landlock: signals go to the workload's own processes") {
  SKIP_IF(abi() < 6, no_scopes);
  cl::Container container = start({"sleep", "60"}, {.landlock = {.scope_signals = true}});
  CHECK(contains(container.exec({"kill", "-0", "1"}).err, "Operation not permitted"));
  CHECK(container.exec({"sh", "-c", "sleep 60 & kill $!"}).status.success());
  cl::Container free = start({"sleep", "60"});
  CHECK(free.exec({"kill", "-0", "1"}).status.success());
  container.stop(0s);
}

TEST_CASE_FIXTURE(Containers, "landlock: also where privileges may be gained") {
  SKIP_IF(abi() < 3, no_files);
  CHECK(shell("touch /b 2>&1; grep NoNewPrivs /proc/self/status",
              {.new_privileges = true, .landlock = only_tmp}) ==
        "touch: /b: Permission denied\nNoNewPrivs:\t0");
}

TEST_CASE_FIXTURE(Containers, "landlock: errors name the path, or what the kernel lacks") {
  const auto error = [&](cl::Landlock landlock) {
    return error_of([&] { run({"true"}, {.landlock = std::move(landlock)}); });
  };
  const auto relative = error({.paths = {{.path = "tmp"}}});
  REQUIRE(relative);
  CHECK(relative->code() == cl::Errc::invalid_option);
  CHECK(contains(relative->what(), "landlock.paths"));
  const auto missing = error({.paths = {{.path = "/nosuch"}}});
  REQUIRE(missing);
  if (abi() >= 3) CHECK(contains(missing->what(), "let Landlock allow /nosuch"));
  if (abi() < 3) CHECK(contains(missing->hint(), "version 3"));
}

TEST_CASE_FIXTURE(Cli, "landlock: as a flag, and as inspect shows it") {
  SKIP_IF(abi() < 6, no_scopes);
  const std::string flag =
      "landlock=ro:/,rw:/tmp,rw-noexec:/root,net:none,connect:443,scope:signals";
  out({"create", "--name", "walled", "--security-opt", flag, "busybox", "touch", "/b"});
  CHECK(out({"inspect", "-f", "{{index .HostConfig.SecurityOpt 0}}", "walled"}) ==
        "landlock=ro:/,rw:/tmp,rw-noexec:/root,bind:none,connect:443,scope:signals");
  CHECK(contains(cli({"start", "-a", "walled"}).err, "Permission denied"));
  out({"rm", "walled"});
  for (const std::string wrong : {"ro", "ro:tmp", "bind:x", "bind:65536", "net:all", "scope:all"})
    CHECK(cli({"run", "--rm", "--security-opt", "landlock=" + wrong, "busybox", "true"}).code ==
          125);
}
