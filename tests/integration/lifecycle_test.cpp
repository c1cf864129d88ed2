// A container's life: create, start, wait, kill, stop, pause, list, find, remove, detach.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;
using State = cl::ContainerState;

namespace {

bool readable(int fd) {
  pollfd polled = {fd, POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

bool listed(cl::Runtime& runtime, const std::string& name) {
  const auto all = runtime.containers();
  return std::any_of(all.begin(), all.end(), [&](const auto& info) { return info.name == name; });
}

bool alive(int pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

std::string first_line(const cl::Container& container) {
  cl::LogLine line;
  cl::LogReader logs = container.logs({.follow = true});
  return logs.next(line) ? line.text : "";
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "create, start, wait, start again, remove") {
  cl::Container container = runtime().create(
      busybox(), {.name = "life", .args = {"sh", "-c", "echo x >> /n; wc -l < /n"}});
  CHECK(container.name() == "life");
  CHECK(container.id().size() == 64);
  CHECK(container.id().find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(container.inspect().state == State::created);
  CHECK(container.inspect().pid == 0);
  container.start();
  CHECK(container.wait().success());
  cl::ContainerInfo info = container.inspect();
  CHECK(info.state == State::exited);
  REQUIRE(info.exit);
  CHECK(info.exit->success());
  REQUIRE(info.started);
  REQUIRE(info.finished);
  CHECK(info.created <= *info.started);
  CHECK(*info.started <= *info.finished);
  container.start();
  CHECK(container.wait().success());
  std::string text;
  for (const cl::LogLine& line : container.logs()) text += line.text + ";";
  CHECK(text == "1;2;");  // its file system is still there
  container.remove();
  CHECK_FALSE(listed(runtime(), "life"));
}

TEST_CASE_FIXTURE(Containers, "wait, wait_for, try_wait and wait_handle agree") {
  cl::Container container = start({"sh", "-c", "read line; exit 9"}, {.in = cl::Stream::pipe()});
  cl::Fd in = container.take_in();
  CHECK_FALSE(container.try_wait());
  CHECK_FALSE(container.wait_for(50ms));
  REQUIRE(container.wait_handle() >= 0);
  CHECK_FALSE(readable(container.wait_handle()));
  in.reset();
  CHECK(container.wait().code == 9);
  CHECK(readable(container.wait_handle()));
  CHECK(container.wait_for(0ms)->code == 9);
  CHECK(container.try_wait()->code == 9);
  CHECK(container.wait().code == 9);
}

TEST_CASE_FIXTURE(Containers, "starting twice is already_running") {
  cl::Container container = start({"sleep", "60"});
  const auto error = error_of([&] { container.start(); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::already_running);
}

TEST_CASE_FIXTURE(Containers, "kill sends the signal that is asked for") {
  cl::Container container =
      start({"sh", "-c", "trap 'echo got; exit 4' USR1; echo ready; while :; do sleep 0.05; done"});
  REQUIRE(first_line(container) == "ready");
  container.kill(SIGUSR1);
  CHECK(container.wait().code == 4);
  const auto error = error_of([&] { container.kill(); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::not_running);
  CHECK_FALSE(container.try_kill().has_value());
}

TEST_CASE_FIXTURE(Containers, "stop: a program that obeys TERM") {
  cl::Container container =
      start({"sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"});
  REQUIRE(first_line(container) == "ready");
  CHECK(container.stop(20s).code == 5);
  CHECK(container.stop(20s).code == 5);  // not running: no error
}

TEST_CASE_FIXTURE(Containers, "stop: a program that ignores TERM is killed after the grace") {
  cl::Container container = start({"sh", "-c", "trap '' TERM; echo ready; sleep 60"});
  REQUIRE(first_line(container) == "ready");
  const auto begin = std::chrono::steady_clock::now();
  const cl::ExitStatus status = container.stop(300ms);
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(taken >= 300ms);
  CHECK(taken < 20s);
  CHECK(status.shell_code() == 137);
}

TEST_CASE_FIXTURE(Containers, "stop: the signal of the options") {
  cl::Container container =
      start({"sh", "-c", "trap 'exit 6' INT; echo ready; while :; do sleep 0.05; done"},
            {.stop_signal = "INT"});
  REQUIRE(first_line(container) == "ready");
  CHECK(container.stop(20s).code == 6);
}

TEST_CASE_FIXTURE(Containers, "pause stops all of its processes, resume lets them go on") {
  SKIP_IF(!is_root() && contains(runtime().info().cgroup_layout, "none"), "no cgroup to freeze");
  const auto dir = host.scratch / "counter";
  std::filesystem::create_directories(dir);
  cl::Container container =
      start({"sh", "-c", "while :; do echo x; sleep 0.02; done"}, {.out = cl::Stream::capture()});
  const auto count = [&] {
    std::size_t lines = 0;
    for ([[maybe_unused]] const cl::LogLine& line : container.logs()) ++lines;
    return lines;
  };
  REQUIRE(eventually([&] { return count() > 2; }));
  const cl::Result<void> paused = container.try_pause();
  if (!paused) {
    CHECK(paused.error().code() == cl::Errc::unsupported);
    CHECK_FALSE(paused.error().hint().empty());
    SKIP_IF(true, "cannot pause here: " << std::string(paused.error().what()));
  }
  CHECK(container.inspect().state == State::paused);
  std::this_thread::sleep_for(100ms);  // what was already in the pipe
  const std::size_t frozen = count();
  std::this_thread::sleep_for(300ms);
  CHECK(count() == frozen);
  container.resume();
  CHECK(container.inspect().state == State::running);
  CHECK(eventually([&] { return count() > frozen; }));
  // Both ways to end a paused one.
  container.pause();
  CHECK(container.stop(200ms).shell_code() == 137);
  cl::Container other = start({"sleep", "60"});
  other.pause();
  other.kill();
  CHECK(other.wait().shell_code() == 137);
}

TEST_CASE_FIXTURE(Containers, "pause, inspect and list of a container that is just ending") {
  for (int i = 0; i < 40; ++i) {
    cl::Container container = start({"sleep", "60"});
    std::jthread killer([&] { container.kill(); });
    std::this_thread::sleep_for(std::chrono::microseconds(100 * (i % 10)));
    const auto begin = std::chrono::steady_clock::now();
    const cl::Result<void> paused = container.try_pause();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    SKIP_IF(!paused && paused.error().code() == cl::Errc::unsupported, "cannot pause here");
    if (!paused)
      CHECK_MESSAGE(paused.error().code() == cl::Errc::not_running, paused.error().what());
    while (container.inspect().state != State::exited) CHECK_FALSE(runtime().containers().empty());
  }
}

TEST_CASE_FIXTURE(Containers, "inspect tells what it was started with") {
  cl::Container container =
      start({"sleep", "60"}, {.name = "known",
                              .env = {{"A", "b"}},
                              .cwd = "/tmp",
                              .hostname = "seen",
                              .mounts = {{.target = "/scratch", .tmpfs_size = 1_MiB}},
                              .read_only = true,
                              .labels = {{"colour", "blue"}}});
  const cl::ContainerInfo info = container.inspect();
  CHECK(info.id == container.id());
  CHECK(info.name == "known");
  CHECK(contains(info.image, "busybox"));
  CHECK(info.image_id == busybox().id());
  CHECK(info.state == State::running);
  CHECK(cl::to_string(info.state) == "running");
  CHECK(info.pid > 0);
  CHECK(alive(info.pid));
  CHECK_FALSE(info.exit);
  CHECK(info.args == Args{"sleep", "60"});
  CHECK(std::count(info.env.begin(), info.env.end(), "A=b") == 1);
  CHECK(info.hostname == "seen");
  CHECK(info.cwd == "/tmp");
  REQUIRE(info.mounts.size() == 1);
  CHECK(info.mounts[0].target == "/scratch");
  CHECK(info.read_only);
  CHECK(info.labels.at("colour") == "blue");
}

TEST_CASE_FIXTURE(Containers, "list has the newest first, find knows names, ids and prefixes") {
  cl::Container first = start({"sleep", "60"}, {.name = "first"});
  cl::Container second = runtime().create(busybox(), {.name = "second", .args = {"true"}});
  const auto all = runtime().containers();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "second");
  CHECK(all[0].state == State::created);
  CHECK(all[1].name == "first");
  CHECK(all[1].state == State::running);
  for (const std::string& key : {std::string("first"), first.id(), first.id().substr(0, 12)}) {
    const auto found = runtime().find(key);
    REQUIRE(found);
    CHECK(found->id() == first.id());
  }
  CHECK_FALSE(runtime().find("third"));
  CHECK_FALSE(runtime().find(""));
}

TEST_CASE_FIXTURE(Containers, "a name belongs to one container") {
  cl::Container first = start({"sleep", "60"}, {.name = "taken"});
  const auto error = error_of([&] { start({"true"}, {.name = "taken"}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::name_in_use);
  CHECK(contains(error->what(), "taken"));
  first.remove(true);
  CHECK(start({"true"}, {.name = "taken"}).wait().success());
}

TEST_CASE_FIXTURE(Containers, "generated names differ") {
  cl::Container a = start({"sleep", "60"}), b = start({"sleep", "60"});
  CHECK_FALSE(a.name().empty());
  CHECK(a.name() != b.name());
  CHECK(a.id() != b.id());
}

TEST_CASE_FIXTURE(Containers, "remove: not while it runs, unless by force") {
  cl::Container container = start({"sleep", "60"}, {.name = "busy"});
  const int pid = container.inspect().pid;
  const auto error = error_of([&] { container.remove(); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::in_use);
  CHECK(alive(pid));
  container.remove(true);
  CHECK(eventually([&] { return !alive(pid); }));
  CHECK_FALSE(listed(runtime(), "busy"));
}

TEST_CASE_FIXTURE(Containers, "the destructor kills and removes") {
  int pid = 0;
  {
    cl::Container container = start({"sleep", "60"}, {.name = "scoped"});
    pid = container.inspect().pid;
    CHECK(listed(runtime(), "scoped"));
  }
  CHECK_FALSE(alive(pid));
  CHECK_FALSE(listed(runtime(), "scoped"));
}

TEST_CASE_FIXTURE(Containers, "auto_remove: gone once it has ended") {
  cl::Container container = start({"true"}, {.name = "fleeting", .auto_remove = true});
  CHECK(container.wait().success());
  CHECK(eventually([&] { return !listed(runtime(), "fleeting"); }));
}

TEST_CASE_FIXTURE(Containers, "detach: it lives on after the Runtime, and another one finds it") {
  std::string id;
  int pid = 0;
  {
    cl::Runtime other(host.options());
    cl::Container container =
        other.start(other.image("busybox"), {.name = "lasting",
                                             .args = {"sh", "-c", "echo one; sleep 60"},
                                             .on_host_death = cl::HostDeath::detach});
    REQUIRE(first_line(container) == "one");
    pid = container.inspect().pid;
    id = std::move(container).detach();
  }
  CHECK(alive(pid));
  {
    auto found = runtime().find("lasting");
    REQUIRE(found);
    CHECK(found->id() == id);
    CHECK(found->inspect().state == State::running);
    CHECK(found->inspect().pid == pid);
    CHECK(found->exec({"echo", "in"}).out == "in\n");
    CHECK(first_line(*found) == "one");
  }
  CHECK(alive(pid));  // the destructor of one that was found leaves it alone
  auto found = runtime().find(id);
  REQUIRE(found);
  CHECK(found->stop(100ms).shell_code() == 137);
  CHECK(found->inspect().state == State::exited);
  found->remove();
  CHECK_FALSE(runtime().find(id));
}

TEST_CASE_FIXTURE(Containers, "detach: a container that was attached") {
  std::string id;
  {
    cl::Runtime other(host.options());
    cl::Container container =
        other.start(other.image("busybox"), {.name = "let-go", .args = {"sleep", "60"}});
    id = std::move(container).detach();
  }
  auto found = runtime().find(id);
  REQUIRE(found);
  CHECK(found->inspect().state == State::running);
  found->remove(true);
}

TEST_CASE_FIXTURE(Containers, "detach: the exit of one that ended on its own is known") {
  std::string id;
  {
    cl::Runtime other(host.options());
    id = other
             .start(other.image("busybox"), {.args = {"sh", "-c", "sleep 0.2; exit 8"},
                                             .on_host_death = cl::HostDeath::detach})
             .detach();
  }
  auto found = runtime().find(id);
  REQUIRE(found);
  CHECK(found->wait().code == 8);
  CHECK(found->inspect().exit->code == 8);
  // And it can be started again.
  found->start();
  CHECK(found->wait().code == 8);
  found->remove();
}

TEST_CASE_FIXTURE(Containers, "on_wait: what it throws ends the waiting, not the container") {
  bool interrupt = false;
  cl::RuntimeOptions options = host.options();
  options.on_wait = [&] {
    if (interrupt) throw std::runtime_error("interrupted");
  };
  cl::Runtime asking(options);
  cl::Container container = asking.start(
      asking.image("busybox"),
      {.args = {"sh", "-c", "trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done"}});
  REQUIRE(first_line(container) == "ready");
  interrupt = true;
  CHECK_THROWS_WITH(container.wait(), "interrupted");
  CHECK_THROWS_WITH(container.wait_for(20s), "interrupted");
  CHECK_FALSE(container.wait_for(10ms));
  cl::LogReader log = container.logs({.follow = true});
  cl::LogLine line;
  CHECK(log.next(line));
  CHECK_THROWS_WITH(log.next(line), "interrupted");
  cl::Process process = container.spawn({"sleep", "50"});
  CHECK_THROWS_WITH(process.wait(), "interrupted");
  auto found = asking.find(container.id());
  REQUIRE(found);
  CHECK_THROWS_WITH(found->wait(), "interrupted");
  CHECK(container.inspect().state == State::running);
  interrupt = false;
  CHECK(container.stop(20s).code == 4);
}

TEST_CASE_FIXTURE(Containers, "on_wait: a stop that it ends has sent its signal and no more") {
  bool interrupt = false;
  cl::RuntimeOptions options = host.options();
  options.on_wait = [&] {
    if (interrupt) throw std::runtime_error("interrupted");
  };
  cl::Runtime asking(options);
  cl::Container container = asking.start(
      asking.image("busybox"),
      {.args = {"sh", "-c", "trap 'echo told' TERM; echo ready; while :; do sleep 0.1; done"}});
  cl::LogReader log = container.logs({.follow = true});
  cl::LogLine line;
  REQUIRE(log.next(line));
  interrupt = true;
  CHECK_THROWS_WITH(container.stop(20s), "interrupted");
  interrupt = false;
  CHECK(log.next(line));
  CHECK(line.text == "told");
  CHECK(container.inspect().state == State::running);
  interrupt = true;  // which the destructor does not ask
}

TEST_CASE_FIXTURE(Containers, "detach: the handle stays usable, also while another thread waits") {
  cl::Container container = start({"sleep", "60"}, {.name = "given-up"});
  std::jthread waiter([&] { CHECK(container.wait().shell_code() == 137); });
  std::this_thread::sleep_for(50ms);
  CHECK(std::move(container).detach() == container.id());
  CHECK(container.inspect().state == State::running);
  auto found = runtime().find("given-up");
  REQUIRE(found);
  found->kill();
  waiter.join();
  found->remove();
}

namespace {

/// The same store with an empty run directory: as after a reboot, or with other variables set.
class OtherRunDirectory : public Containers {
 public:
  OtherRunDirectory() { fs::remove_all(other_run); }
  ~OtherRunDirectory() { fs::remove_all(other_run); }
  cl::Runtime open() { return cl::Runtime({.root = host.root, .run_root = other_run}); }
  fs::path directory(const std::string& id) const { return host.root / "containers" / id; }
  /// One that ran when the machine stopped.
  std::string interrupted(cl::ContainerOptions options) {
    options.args = {"true"};
    const std::string id = runtime().create(busybox(), options).detach();
    // Its life file as a monitor leaves it that had no time to say more.
    std::string life = read_file(directory(id) / "life");
    const std::string runs = "running 4194304 0 1 0";
    life.replace(0, 64, runs + std::string(63 - runs.size() - 7, ' ') + "running\n");
    write_file(directory(id) / "life", life);
    return id;
  }
  const fs::path other_run = host.scratch / "other-run";
};

}  // namespace

TEST_CASE_FIXTURE(OtherRunDirectory, "reboot: a container that ran has ended, not only been made") {
  const std::string id = interrupted({.name = "ran"});
  cl::Container made = runtime().create(busybox(), {.name = "made", .args = {"true"}});
  cl::Container ended = start({"sh", "-c", "exit 4"}, {.name = "ended"});
  ended.wait();
  cl::Runtime other = open();
  auto ran = other.find("ran");
  REQUIRE(ran);
  CHECK(ran->inspect().state == State::exited);
  REQUIRE(ran->inspect().exit);
  CHECK(ran->inspect().exit->shell_code() == 137);
  CHECK(other.find("made")->inspect().state == State::created);
  CHECK(other.find("ended")->inspect().exit->code == 4);
  ran->remove();
}

TEST_CASE_FIXTURE(OtherRunDirectory, "reboot: a container of --rm is gone") {
  const std::string id = interrupted({.name = "fleeting", .auto_remove = true});
  cl::Runtime other = open();
  CHECK_FALSE(other.find("fleeting"));
  CHECK_FALSE(fs::exists(directory(id)));
}

TEST_CASE_FIXTURE(OtherRunDirectory, "reboot: a directory without a record is removed") {
  const fs::path lost = directory(std::string(64, 'a'));
  fs::create_directories(lost / "upper/file");
  fs::create_directories(directory("not-an-id"));
  cl::Runtime other = open();
  CHECK_FALSE(fs::exists(lost));
  CHECK(fs::remove(directory("not-an-id")));
}

TEST_CASE_FIXTURE(OtherRunDirectory, "another run directory leaves alone what runs") {
  cl::Container container = start({"sleep", "60"}, {.name = "runs", .auto_remove = true});
  cl::Completed done;
  const auto directories = [&] {
    return std::distance(fs::directory_iterator(host.root / "containers"), {});
  };
  std::thread runner([&] { done = run({"sh", "-c", "echo kept > /f; sleep 1; cat /f"}); });
  CHECK(eventually([&] { return directories() == 2; }));
  std::this_thread::sleep_for(300ms);
  cl::Runtime other = open();
  CHECK(directories() == 2);
  CHECK(other.find("runs"));
  CHECK(container.inspect().state == State::running);
  CHECK(container.exec({"touch", "/x"}).status.success());
  runner.join();
  CHECK(done.out == "kept\n");
}

TEST_CASE_FIXTURE(OtherRunDirectory,
                  "a start that failed does not look like one that was cut off") {
  cl::Container container = runtime().create(busybox(), {.name = "failed", .args = {"nosuch"}});
  CHECK_FALSE(container.try_start());
  cl::Runtime other = open();
  CHECK(other.find("failed")->inspect().state == State::created);
}

TEST_CASE_FIXTURE(Containers, "kill from another thread ends a wait") {
  cl::Container container = start({"sleep", "60"});
  std::thread killer([&] {
    std::this_thread::sleep_for(100ms);
    container.kill();
  });
  CHECK(container.wait().shell_code() == 137);
  killer.join();
}

TEST_CASE_FIXTURE(Containers, "many threads wait for one container") {
  cl::Container container = start({"sh", "-c", "read x; exit 2"}, {.in = cl::Stream::pipe()});
  cl::Fd in = container.take_in();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] { right += container.wait().code == 2 ? 1 : 0; });
  std::this_thread::sleep_for(50ms);
  in.reset();
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 6);
}

TEST_CASE_FIXTURE(Containers, "two runtimes at once share a store") {
  cl::Runtime other(host.options());
  cl::Container mine = start({"sleep", "60"}, {.name = "mine"});
  cl::Container theirs =
      other.start(other.image("busybox"), {.name = "theirs", .args = {"sleep", "60"}});
  CHECK(listed(runtime(), "theirs"));
  CHECK(listed(other, "mine"));
  const auto error = error_of([&] { start({"true"}, {.name = "theirs"}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::name_in_use);
}

TEST_CASE_FIXTURE(Containers, "the Runtime may go before its containers") {
  cl::Container container = start({"sh", "-c", "read x; exit 3"}, {.in = cl::Stream::pipe()});
  close();
  container.take_in().reset();
  CHECK(container.wait().code == 3);
}

TEST_CASE_FIXTURE(Containers, "an image in use is not removed") {
  cl::Container container = start({"sleep", "60"});
  const auto error = error_of([&] { runtime().remove_image("busybox"); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::in_use);
  CHECK(runtime().try_image("busybox").has_value());
}

TEST_CASE_FIXTURE(Containers, "a forked child may not use the parent's Runtime") {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto result = runtime().try_run(busybox(), {.args = {"true"}});
    ::_exit(!result && result.error().code() == cl::Errc::used_after_fork ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(run({"true"}).status.success());
}
