// The process between host and containers: what happens to it, and what it survives.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
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

namespace {

/// Kills the next process that `monitor` makes, before it does anything. False: may not trace.
bool kill_next_child(int monitor, const std::function<void()>& then) {
  if (::ptrace(PTRACE_SEIZE, monitor, 0, PTRACE_O_TRACEFORK) != 0) return false;
  then();
  REQUIRE(::waitpid(monitor, nullptr, __WALL) == monitor);
  unsigned long child = 0;
  REQUIRE(::ptrace(PTRACE_GETEVENTMSG, monitor, 0, &child) == 0);
  REQUIRE(::kill(static_cast<int>(child), SIGKILL) == 0);
  ::waitpid(static_cast<int>(child), nullptr, __WALL);
  REQUIRE(::ptrace(PTRACE_DETACH, monitor, 0, 0) == 0);
  return true;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "monitor: an exec whose helper is killed is an error, and no wait") {
  cl::Container container = start({"sleep", "60"});
  const int monitor = monitor_of(container.spawn({"sleep", "60"}).pid());
  std::future<cl::Result<cl::Completed>> exec;
  const bool traced = kill_next_child(monitor, [&] {
    exec = std::async(std::launch::async, [&] { return container.try_exec({"true"}); });
  });
  SKIP_IF(!traced, "may not trace");
  const bool returned = exec.wait_for(10s) == std::future_status::ready;
  CHECK(returned);
  if (!returned) ::kill(monitor, SIGKILL);
  const auto done = exec.get();
  REQUIRE_FALSE(done);
  CHECK_MESSAGE(done.error().code() == std::errc::no_child_process,
                std::string(done.error().what()));
  CHECK(container.exec({"echo", "again"}).out == "again\n");
}

TEST_CASE_FIXTURE(Containers, "monitor: out of descriptors, a start fails or is as it should be") {
  cl::Container container = start({"sleep", "60"});
  const std::string groups = run({"cat", "/proc/self/cgroup"}).out;
  const int monitor = monitor_of(container);
  rlimit before = {};
  REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, nullptr, &before) == 0);
  int failed = 0, good = 0;
  for (rlim_t most = 10; most<100; most += good> 0 ? 20 : 1) {
    const rlimit few = {most, before.rlim_max};
    REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, &few, nullptr) == 0);
    auto done = runtime().try_run(busybox(), {.args = {"cat", "/proc/self/cgroup"}});
    if (done) {
      CHECK_MESSAGE(done->out == groups, done->out, " ", done->err, done->status.message());
      ++good;
    } else {
      CHECK_MESSAGE((done.error().code() == std::errc::too_many_files_open ||
                     done.error().code() == cl::Errc::monitor_lost),
                    std::string(done.error().what()));
      ++failed;
    }
  }
  REQUIRE(::prlimit(monitor, RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(failed > 0);
  CHECK(good > 0);
  CHECK(monitor_of(container) == monitor);
  CHECK(run({"true"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "monitor: a log that cannot be written to is an error of the start") {
  cl::Container container = runtime().create(busybox(), {.args = {"true"}});
  std::filesystem::create_directory(host.root / "containers" / container.id() / "log");
  const auto error = error_of([&] { container.start(); });
  REQUIRE(error);
  CHECK(error->code() == std::errc::is_a_directory);
}

TEST_CASE_FIXTURE(
    Containers, "monitor: its containers may be more than the host's soft limit, which is theirs") {
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  SKIP_IF(before.rlim_max < 1000, "a hard limit of " << before.rlim_max << " descriptors");
  const rlimit few = {100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<cl::Container> containers;
  containers.push_back(start({"sh", "-c", "ulimit -n; sleep 60"}));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  for (int i = 0; i < 16; ++i) containers.push_back(start({"sleep", "60"}));
  CHECK(containers.back().exec({"true"}).status.success());
  cl::LogReader logs = containers.front().logs({.follow = true});
  cl::LogLine line;
  REQUIRE(logs.next(line));
  CHECK(line.text == "100");
}
