// The host contract: a program that embeds the library notices nothing of the processes it starts.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "integration/fixture.hpp"
#include "integration/host_load.hpp"
#include "integration/host_state.hpp"

using namespace tests;

namespace {

// ── The host's own life: eight threads, children, a SIGCHLD handler ──────────────────────────────

// Written by the handler: process ids that SIGCHLD told of.
constexpr int most_signals = 1 << 16;
std::atomic<int> signal_count = 0;
std::atomic<pid_t> signalled[most_signals];

void on_child(int, siginfo_t* info, void*) {
  const int at = signal_count.fetch_add(1);
  if (at < most_signals) signalled[at] = info->si_pid;
}

class BusyHost {
 public:
  BusyHost() {
    struct sigaction action = {};
    action.sa_sigaction = on_child;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGCHLD, &action, &old_);
    for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { loop([] { allocate(); }); });
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { loop([this] { fork_child(); }); });
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { loop([this] { print(); }); });
    threads_.emplace_back([this] { loop([this] { reap(); }); });
  }
  ~BusyHost() {
    stop();
    ::sigaction(SIGCHLD, &old_, nullptr);
    std::fclose(null_);
  }
  /// Ends the threads and reaps what they forked.
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    eventually([this] { return !reap() && errno == ECHILD; });
  }
  std::set<pid_t> forked() const { return forked_; }
  std::set<pid_t> reaped() const { return reaped_; }

 private:
  template <class Work>
  void loop(Work work) {
    while (!stop_) {
      work();
      std::this_thread::sleep_for(200us);
    }
  }
  static void allocate() {
    std::vector<std::string> strings;
    for (std::size_t i = 0; i < 200; ++i) strings.emplace_back(i * 13, 'x');
  }
  void fork_child() {
    std::this_thread::sleep_for(3ms);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    const std::lock_guard lock(mutex_);
    forked_.insert(pid);
  }
  void print() { std::fprintf(null_, "%d %s %g\n", 1, "text", 1.5); }
  // False when there is no child that has ended. The wait of a program that thinks all children
  // are its own.
  bool reap() {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid > 0) reaped_.insert(pid);
    return pid > 0;
  }

  struct sigaction old_ = {};
  std::FILE* null_ = std::fopen("/dev/null", "we");
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::set<pid_t> forked_, reaped_;
  std::vector<std::thread> threads_;
};

std::string foreign(const std::set<pid_t>& pids, const std::set<pid_t>& own) {
  std::string result;
  for (const pid_t pid : pids)
    if (!own.contains(pid)) result += std::to_string(pid) + " ";
  return result;
}

bool alive(int pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

struct Victim {
  std::vector<std::string> ids;
  std::vector<int> pids;
};

/// Starts the program that is to be killed and reads what it has started.
Victim read_victim(Background& program) {
  Victim victim;
  for (std::string line = program.read_line(); !line.empty() && line != "ready";
       line = program.read_line()) {
    const std::size_t space = line.find(' ');
    victim.ids.push_back(line.substr(0, space));
    victim.pids.push_back(std::stoi(line.substr(space)));
  }
  return victim;
}

}  // namespace

TEST_CASE("host untouched: eight busy threads, while containers start and stop") {
  Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  signal_count = 0;
  {
    BusyHost busy;
    const HostState first = HostState::now();
    {
      cl::Runtime runtime(host.options());
      Sampler sampler;
      Users users(runtime, 2, [](cl::Runtime& own, const cl::Image& image) {
        for (int round = 0; round < 12; ++round) use_containers(own, image);
      });
      sampler.begin();
      const std::string wrong = users.begin();
      CHECK_MESSAGE(wrong.empty(), wrong);
      sampler.stop();
      CHECK_MESSAGE(sampler.seen().empty(), sampler.seen());
      CHECK(sampler.looks() > 5);
    }
    const std::string changed = first.differences(HostState::now());
    CHECK_MESSAGE(changed.empty(), changed);
    busy.stop();
    CHECK(busy.forked().size() > 20);
    CHECK(busy.reaped() == busy.forked());
    CHECK_MESSAGE(foreign(busy.reaped(), busy.forked()).empty(),
                  "waitpid(-1) saw " << foreign(busy.reaped(), busy.forked()));
    std::set<pid_t> told;
    for (int i = 0; i < std::min<int>(signal_count, most_signals); ++i) told.insert(signalled[i]);
    CHECK(told.size() > 10);
    CHECK_MESSAGE(foreign(told, busy.forked()).empty(),
                  "SIGCHLD told of " << foreign(told, busy.forked()));
  }
  const std::string left = left_since(before, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), left);
}

namespace {

// In a process with a mount namespace of its own, in which every mount is shared, as on hosts with
// systemd: what is mounted below a peer of a shared mount appears in all of them.
int run_with_shared_mounts(Host& host) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0 ||
      ::mount("", "/", "", MS_REC | MS_SHARED, "") != 0)
    return 77;
  const std::filesystem::path dir = host.scratch / "nested";
  std::filesystem::create_directories(dir / "inner");
  const std::string before = read_file("/proc/self/mountinfo");
  try {
    cl::Runtime runtime(host.options());
    const cl::Image image = runtime.image("busybox");
    const std::vector<cl::Mount> nested = {{.source = dir, .target = "/m", .writable = true},
                                           {.target = "/m/inner"}};
    for (const auto network : {cl::Network::none, cl::Network::host}) {
      cl::Container container =
          runtime.start(image, {.args = {"sleep", "60"}, .mounts = nested, .network = network});
      container.exec({"true"}).check();
      const std::string meanwhile = read_file("/proc/self/mountinfo");
      if (meanwhile != before) {
        std::fprintf(stderr, "mounts of the host:\n%s", meanwhile.c_str());
        return 1;
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return read_file("/proc/self/mountinfo") == before ? 0 : 3;
}

}  // namespace

TEST_CASE("host untouched: nothing that a container mounts comes to the host") {
  SKIP_IF(!is_root(), "needs root: a mount namespace with shared mounts");
  Host& host = Host::get();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run_with_shared_mounts(host));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  SKIP_IF(WEXITSTATUS(status) == 77, "cannot make a mount namespace");
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("host untouched: containers are no children of the host") {
  Host& host = Host::get();
  cl::Runtime runtime(host.options());
  cl::Container container =
      runtime.start(runtime.image("busybox"), {.args = {"sh", "-c", "exit 3"}});
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  CHECK(container.wait().code == 3);
  CHECK(::waitpid(-1, nullptr, WNOHANG | __WALL) == -1);
}

TEST_CASE("host untouched: a host that ignores SIGCHLD gets exit codes all the same") {
  Host& host = Host::get();
  struct sigaction ignore = {}, old = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGCHLD, &ignore, &old);
  {
    cl::Runtime runtime(host.options());
    const cl::Image image = runtime.image("busybox");
    for (int i = 0; i < 5; ++i)
      CHECK(runtime.run(image, {.args = {"sh", "-c", "exit 7"}}).status.code == 7);
  }
  ::sigaction(SIGCHLD, &old, nullptr);
}

TEST_CASE("host untouched: the thread that started a container may end") {
  Host& host = Host::get();
  cl::Runtime runtime(host.options());
  const cl::Image image = runtime.image("busybox");
  std::optional<cl::Container> container;
  std::thread([&] {
    container =
        runtime.start(image, {.args = {"sh", "-c", "read x; exit 4"}, .in = cl::Stream::pipe()});
  }).join();
  std::this_thread::sleep_for(100ms);
  CHECK_FALSE(container->try_wait());
  container->take_in().reset();
  CHECK(container->wait().code == 4);
}

TEST_CASE("host untouched: killed, its attached containers leave nothing within a second") {
  Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  for (int round = 0; round < 5; ++round) {
    Background program({HOST_PROGRAM, host.root, host.run_root, "attached", "3"});
    const Victim victim = read_victim(program);
    REQUIRE(victim.pids.size() == 3);
    for (const int pid : victim.pids) CHECK(alive(pid));
    program.kill(SIGKILL);
    program.wait();
    const bool gone =
        eventually([&] { return std::none_of(victim.pids.begin(), victim.pids.end(), alive); }, 1s);
    CHECK(gone);
    std::string left;
    const auto clean = [&] {
      left.clear();
      const Traces now = traces({host.root, host.run_root});
      for (const auto* set : {&now.files, &now.mounts, &now.cgroups})
        for (const std::string& item : *set)
          for (const std::string& id : victim.ids)
            if (contains(item, id)) left += item + "\n";
      return left.empty();
    };
    CHECK_MESSAGE(eventually(clean, 1s), left);
    cl::Runtime runtime(host.options());
    CHECK(runtime.containers().empty());
  }
  const std::string left = left_since(before, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), left);
}

TEST_CASE("host untouched: killed at any moment of a start, nothing is left") {
  Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  for (int delay = 0; delay < 40; delay += 2) {
    Background program({HOST_PROGRAM, host.root, host.run_root, "attached", "3"});
    std::this_thread::sleep_for(milliseconds(delay));
    program.kill(SIGKILL);
    program.wait();
  }
  // What a kill between two system calls leaves, the next open undoes.
  const auto clean = [&] {
    cl::Runtime runtime(host.options());
    return runtime.containers().empty();
  };
  CHECK(eventually(clean, 3s));
  const std::string left = left_since(before, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), left);
}

TEST_CASE("host untouched: killed, its detached containers run on") {
  Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  {
    Background program({HOST_PROGRAM, host.root, host.run_root, "detached", "2"});
    const Victim victim = read_victim(program);
    REQUIRE(victim.pids.size() == 2);
    program.kill(SIGKILL);
    program.wait();
    std::this_thread::sleep_for(500ms);
    for (const int pid : victim.pids) CHECK(alive(pid));
    cl::Runtime runtime(host.options());
    CHECK(runtime.containers().size() == 2);
    for (const std::string& id : victim.ids) {
      auto container = runtime.find(id);
      REQUIRE(container);
      CHECK(container->inspect().state == cl::ContainerState::running);
      CHECK(container->exec({"echo", "alive"}).out == "alive\n");
      container->remove(true);
    }
  }
  const std::string left = left_since(before, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), left);
}
