// The host contract: children and their signals are the host's.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "integration/fixture.hpp"
#include "integration/in_child.hpp"

using namespace tests;

namespace {

/// Containers that end in each way, through each call that tells how: what is wrong, if anything.
std::string exit_codes_are_right(cl::Runtime& runtime) {
  const cl::Image image = runtime.image("busybox");
  const auto ran = runtime.run(image, {.args = {"sh", "-c", "exit 7"}});
  if (ran.status.code != 7) return "run: " + ran.status.message();
  cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
  const auto done = container.exec({"sh", "-c", "exit 5"});
  if (done.status.code != 5) return "exec: " + done.status.message();
  container.kill();
  const cl::ExitStatus status = container.wait();
  return status.shell_code() == 137 ? "" : "kill: " + status.message();
}

std::string exit_codes_are_right() {
  cl::Runtime runtime(Host::get().options());
  return exit_codes_are_right(runtime);
}

void on_child(int) {}

void set_child_action(void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(SIGCHLD, &action, nullptr);
}

/// Reaps whatever child there is, in a thread of its own, as a supervisor does.
class Reaper {
 public:
  explicit Reaper(int flags) : thread_([this, flags] { reap(flags); }) {}
  ~Reaper() { stop(); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int reaped() const { return reaped_; }

 private:
  void reap(int flags) {
    while (!stop_) {
      int status;
      if (::waitpid(-1, &status, flags) > 0)
        ++reaped_;
      else
        std::this_thread::sleep_for(20us);
    }
  }
  std::atomic<bool> stop_ = false;
  std::atomic<int> reaped_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("host children: exit codes are right whatever the host does with SIGCHLD") {
  Host::get();
  struct Way {
    const char* name;
    void (*handler)(int);
    int flags;
  };
  for (const Way& way : {Way{"default", SIG_DFL, 0}, Way{"ignored", SIG_IGN, 0},
                         Way{"handled", on_child, SA_RESTART}, Way{"without restart", on_child, 0},
                         Way{"SA_NOCLDWAIT", SIG_DFL, SA_NOCLDWAIT},
                         Way{"handled, SA_NOCLDWAIT", on_child, SA_NOCLDWAIT}}) {
    CAPTURE(way.name);
    CHECK_IN_CHILD([&] {
      set_child_action(way.handler, way.flags);
      return exit_codes_are_right();
    });
  }
}

TEST_CASE("host children: a thread that waits for any child sees none of ours and takes nothing") {
  Host::get();
  for (const int flags : {0, WNOHANG, __WALL}) {
    CAPTURE(flags);
    CHECK_IN_CHILD([&]() -> std::string {
      Reaper reaper(flags);
      for (int round = 0; round < 3; ++round)
        if (std::string wrong = exit_codes_are_right(); !wrong.empty()) return wrong;
      reaper.stop();
      // Who waits for clones too may get the process that starts the monitor, which nobody misses.
      const bool any = reaper.reaped() > 0;
      return any && flags != __WALL ? "reaped " + std::to_string(reaper.reaped()) : "";
    });
  }
}

TEST_CASE(
    "host children: a host that adopts orphans gets exit codes, and the monitor as its child") {
  Host::get();
  CHECK_IN_CHILD([]() -> std::string {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    Reaper reaper(WNOHANG);
    {
      cl::Runtime runtime(Host::get().options());
      if (std::string wrong = exit_codes_are_right(runtime); !wrong.empty()) return wrong;
      if (reaper.reaped() != 0) return "a container came to the host";
    }
    const bool monitor_ended = eventually([&] { return reaper.reaped() > 0; });
    return monitor_ended ? "" : "the monitor lives on";
  });
}

TEST_CASE("host children: a host that is process 1 of its namespace") {
  SKIP_IF(!is_root(), "needs root: a pid namespace");
  Host::get();
  CHECK_IN_CHILD([]() -> std::string {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return skip("cannot make a pid namespace");
    return in_child([]() -> std::string {
      if (::getpid() != 1) return "not process 1";
      if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        return skip("cannot mount /proc");
      return exit_codes_are_right();
    });
  });
}

TEST_CASE(
    "host children: what was made before a fork refuses work in the child, and goes on here") {
  Host& host = Host::get();
  cl::Runtime runtime(host.options());
  const cl::Image image = runtime.image("busybox");
  cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
  cl::Process process = container.spawn({"sleep", "60"});
  const auto refused = [](const char* what, auto&& call) -> std::string {
    const auto error = error_of(call);
    if (!error) return std::string(what) + " was done; ";
    if (error->code() == cl::Errc::used_after_fork) return "";
    return std::string(what) + ": " + error->what() + "; ";
  };
  CHECK_IN_CHILD([&] {
    return refused("run", [&] { runtime.run(image, {.args = {"true"}}); }) +
           refused("start", [&] { runtime.start(image, {.args = {"true"}}); }) +
           refused("create", [&] { runtime.create(image); }) +
           refused("image", [&] { (void)runtime.image("busybox"); }) +
           refused("images", [&] { (void)runtime.images(); }) +
           refused("tag", [&] { runtime.tag(image, "other"); }) +
           refused("remove image", [&] { runtime.remove_image("busybox", true); }) +
           refused("containers", [&] { (void)runtime.containers(); }) +
           refused("find", [&] { (void)runtime.find(container.id()); }) +
           refused("exec", [&] { container.exec({"true"}); }) +
           refused("spawn", [&] { container.spawn({"true"}); }) +
           refused("kill", [&] { container.kill(); }) +
           refused("stop", [&] { container.stop(0ms); }) +
           refused("pause", [&] { container.pause(); }) +
           refused("wait", [&] { container.wait_for(0ms); }) +
           refused("remove", [&] { container.remove(true); }) +
           refused("stats", [&] { (void)container.stats(); }) +
           refused("kill process", [&] { process.kill(); }) +
           refused("wait for process", [&] { process.wait_for(0ms); });
  });
  // A child that destroys its copies, as one that returns from main() does.
  CHECK_IN_CHILD([&]() -> std::string {
    const cl::Process copy = std::move(process);
    const cl::Container other = std::move(container);
    return "";
  });
  // A Runtime of its own is what the child may have.
  CHECK_IN_CHILD([] { return exit_codes_are_right(); });
  CHECK(container.inspect().state == cl::ContainerState::running);
  CHECK_FALSE(process.try_wait());
  CHECK(container.exec({"true"}).status.success());
  process.kill();
  CHECK(process.wait().shell_code() == 137);
  CHECK(container.stop(0ms).shell_code() == 137);
}
