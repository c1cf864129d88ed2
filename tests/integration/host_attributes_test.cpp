// The host contract: what belongs to the process, while many threads use the library in every way;
// and what is left of it when the library is unloaded.
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <filesystem>

#include "integration/fixture.hpp"
#include "integration/host_load.hpp"
#include "integration/host_state.hpp"
#include "support/sanitized.hpp"

using namespace tests;

TEST_CASE(
    "host attributes: 32 threads use everything for some seconds, and nothing of the process "
    "changes") {
  Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  const HostState first = HostState::now();
  {
    cl::Runtime runtime(host.options());
    Sampler sampler;
    const auto end = std::chrono::steady_clock::now() + 4s;
    Users users(runtime, 32, [end](cl::Runtime& shared, const cl::Image& image) {
      do {
        use_containers(shared, image);
        use_everything(shared, image);
      } while (std::chrono::steady_clock::now() < end);
    });
    sampler.begin();
    const std::string wrong = users.begin();
    CHECK_MESSAGE(wrong.empty(), wrong);
    sampler.stop();
    CHECK_MESSAGE(sampler.seen().empty(), sampler.seen());
    CHECK(sampler.looks() > 20);
  }
  const std::string changed = first.differences(HostState::now());
  CHECK_MESSAGE(changed.empty(), changed);
  const std::string left = left_since(before, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), left);
}

TEST_CASE("host attributes: a watcher sees what changes") {
  const HostState first = HostState::now();
  const std::string thread = thread_state();
  const mode_t old = ::umask(0111);
  CHECK(contains(first.differences(HostState::now()), "umask"));
  ::umask(old);
  ::setenv("CONTAINERLIB_CANARY", "1", 1);
  CHECK(contains(first.differences(HostState::now()), "environment"));
  ::unsetenv("CONTAINERLIB_CANARY");
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  CHECK(contains(first.differences(HostState::now()), "dumpable"));
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  ::prctl(PR_SET_TIMERSLACK, 12345, 0, 0, 0);
  CHECK(thread_state() != thread);
  ::prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);
  CHECK(first.differences(HostState::now()).empty());
}

TEST_CASE(
    "host attributes: a plugin that uses the library is loaded, used and unloaded without a "
    "trace") {
  Host& host = Host::get();
  const std::filesystem::path here = std::filesystem::path(HOST_PROGRAM).parent_path();
  const CommandResult result =
      command({here / "integration-plugin-host", here / "libintegration-plugin.so", "10", host.root,
               host.run_root});
  CHECK_MESSAGE(result.code == 0, result.out << result.err);
}
