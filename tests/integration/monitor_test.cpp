// The process between host and containers: what happens to it, and what it survives.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "integration/fixture.hpp"

using namespace tests;

namespace {

bool alive(int pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

/// Until all that it had is closed. Orphans are ours to reap, see adopt_orphans().
void kill_and_reap(int monitor) {
  REQUIRE(::kill(monitor, SIGKILL) == 0);
  REQUIRE(::waitpid(monitor, nullptr, 0) == monitor);
}

/// A process that starts a container and forks a child, which lives on. Both are killed in the end.
struct ForkingHost {
  int pid = -1, child = -1, container = -1;
  explicit ForkingHost(const cl::RuntimeOptions& options) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    pid = ::fork();
    if (pid == 0) run(options, told[1]);
    ::close(told[1]);
    REQUIRE(::read(told[0], &container, sizeof container) == sizeof container);
    REQUIRE(::read(told[0], &child, sizeof child) == sizeof child);
    ::close(told[0]);
  }
  ForkingHost(const ForkingHost&) = delete;
  ~ForkingHost() {
    for (const int process : {pid, child}) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
  }

 private:
  [[noreturn]] static void run(const cl::RuntimeOptions& options, int tell) try {
    cl::Runtime runtime(options);
    const cl::Container container =
        runtime.start(runtime.image("busybox"), {.args = {"sleep", "60"}});
    const int process = container.inspect().pid;
    (void)!::write(tell, &process, sizeof process);
    const int child = ::fork();
    if (child > 0) (void)!::write(tell, &child, sizeof child);
    for (;;) ::pause();
  } catch (...) {
    ::_exit(1);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Containers, "monitor: killed, the next start has a new one") {
  cl::Container container = start({"sleep", "60"});
  const int monitor = monitor_of(container);
  kill_and_reap(monitor);
  const auto error = error_of([&] { container.wait(); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::monitor_lost);
  CHECK(run({"echo", "again"}).out == "again\n");
  CHECK(container.inspect().state == cl::ContainerState::exited);
  cl::Container next = start({"sleep", "60"});
  CHECK(monitor_of(next) != monitor);
}

TEST_CASE_FIXTURE(Containers, "monitor: killed, the next exec has a new one") {
  cl::Container container = start({"sleep", "60"}, {.on_host_death = cl::HostDeath::detach});
  const int own = monitor_of(container);
  cl::Process process = container.spawn({"sleep", "60"});
  const int monitor = monitor_of(process.pid());
  REQUIRE(monitor != own);
  kill_and_reap(monitor);
  CHECK(error_of([&] { process.wait(); }));
  // A container does not end before what was in it has been reaped: by the monitor's heir, here us.
  CHECK(eventually([&] { return ::waitpid(process.pid(), nullptr, WNOHANG) != 0; }));
  CHECK(container.exec({"echo", "again"}).out == "again\n");
}

TEST_CASE_FIXTURE(Containers, "monitor: killed under many threads, each goes on") {
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        auto done = runtime().try_run(busybox(), {.args = {"true"}});
        // One that was running was killed with it.
        good += done ? done->status.success() : done.error().code() == cl::Errc::monitor_lost;
      }
    });
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(10ms);
    try {
      ::kill(monitor_of(start({"sleep", "60"})), SIGKILL);
    } catch (const std::exception&) {  // killed just before
    }
  }
  threads.clear();
  CHECK(good == 40);
  cl::RuntimeOptions options = host.options();
  std::string warnings;
  options.on_log = [&](cl::LogLevel, std::string_view line) {
    warnings += std::string(line) + "\n";
  };
  const cl::Runtime recovered(options);
  CHECK_MESSAGE(warnings.empty(), warnings);
  CHECK(run({"true"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "monitor: the host is gone though a child it has forked lives on") {
  const ForkingHost forking(host.options());
  REQUIRE(alive(forking.container));
  ::kill(forking.pid, SIGKILL);
  CHECK(eventually([&] { return !alive(forking.container); }, 2s));
  CHECK(alive(forking.child));
}

TEST_CASE_FIXTURE(Containers, "monitor: it does not end by a signal that others send around") {
  cl::Container container = start({"sleep", "60"});
  const int monitor = monitor_of(container);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGXFSZ, SIGPIPE})
    REQUIRE(::kill(monitor, signal) == 0);
  CHECK(container.exec({"true"}).status.success());
  CHECK(monitor_of(container) == monitor);
  CHECK(run({"true"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "monitor: a container gets every signal at its default") {
  const std::string none =
      "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
      "SigCgt:\t0000000000000000\n";
  CHECK(run({"grep", "-E", "Sig(Ign|Cgt|Blk)", "/proc/self/status"}).out == none);
  cl::Container container = start({"sleep", "60"});
  CHECK(container.exec({"grep", "-E", "Sig(Ign|Cgt|Blk)", "/proc/self/status"}).out == none);
}

TEST_CASE_FIXTURE(Containers,
                  "monitor: its program ends at once when it is not the host that runs it") {
  const auto begin = std::chrono::steady_clock::now();
  auto done = runtime().try_run(busybox(), {.args = {"/proc/self/exe"}, .timeout = 20s});
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  if (done) CHECK(done->status.kind == cl::ExitStatus::Kind::exited);
}

TEST_CASE_FIXTURE(Containers, "monitor: out of descriptors it fails starts, and only those") {
  cl::Container container = start({"sleep", "60"});
  const int monitor = monitor_of(container);
  const auto descriptors = [&] {
    return std::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(monitor) + "/fd"), {});
  };
  run({"true"});
  const auto open = descriptors();
  rlimit before{};
  REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, nullptr, &before) == 0);
  int failed = 0;
  for (rlim_t limit = 8; limit < 60; limit += 2) {
    const rlimit few = {limit, before.rlim_max};
    REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, &few, nullptr) == 0);
    failed += !runtime().try_run(busybox(), {.args = {"true"}});
  }
  CHECK(failed > 0);
  REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(run({"echo", "again"}).out == "again\n");
  CHECK(eventually([&] { return descriptors() == open; }));
  CHECK(container.inspect().state == cl::ContainerState::running);
}
