// A host without cgroup v2: as this one is, in a mount namespace that hides it.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

constexpr int cannot = 77;

/// Pauses a container of another program, kills that and waits for the container's end.
int paused_container_dies_with_its_host(const Host& host) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0 ||
      ::umount2("/sys/fs/cgroup/unified", MNT_DETACH) != 0)
    return cannot;
  try {
    cl::Runtime runtime(host.options());
    if (runtime.info().cgroup_layout != "v1") return cannot;
    Background program({HOST_PROGRAM, host.root, host.run_root, "attached", "1"});
    const std::string line = program.read_line();
    auto container = runtime.find(line.substr(0, line.find(' ')));
    if (!container) return 1;
    const int pid = container->inspect().pid;
    container->pause();
    program.kill(SIGKILL);
    const bool dead = eventually([&] { return ::kill(pid, 0) != 0; }, std::chrono::seconds(3));
    if (!dead) container->resume();
    return dead ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "cgroup v1: a paused container dies with its host") {
  SKIP_IF(!is_root(), "needs root: a mount namespace that hides cgroup v2");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(paused_container_dies_with_its_host(host));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  SKIP_IF(WEXITSTATUS(status) == cannot, "no hybrid cgroups: nothing to hide");
  CHECK(WEXITSTATUS(status) == 0);
}
