// Commands that are killed in the middle: `delete --force` finds and removes all that they have
// left, whatever moment it was.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <random>

#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

/// What is done before the command that is killed, and that command.
struct Victim {
  const char* name;
  Words before;  ///< "create", "start"
  std::function<Words(const std::string& id)> words;
};

const std::vector<Victim> victims = {
    {"create",
     {},
     [](const std::string& id) {
       return Words{"create", id};
     }},
    {"start",
     {"create"},
     [](const std::string& id) {
       return Words{"start", id};
     }},
    {"run",
     {},
     [](const std::string& id) {
       return Words{"run", "--detach", id};
     }},
    {"exec",
     {"create", "start"},
     [](const std::string& id) {
       return Words{"exec", "--detach", id, "sleep", "1000"};
     }},
    {"delete",
     {"create", "start"},
     [](const std::string& id) {
       return Words{"delete", "--force", id};
     }},
};

/// Starts the command, with its streams to nowhere; the caller reaps it.
pid_t start(const Words& line, const std::string& dir, bool traced) {
  std::vector<char*> args;
  for (const std::string& word : line) args.push_back(const_cast<char*>(word.c_str()));
  args.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {0, 1, 2}) ::dup2(null, stream);
  if (::chdir(dir.c_str()) != 0) ::_exit(99);
  if (traced) ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::execv(args[0], args.data());
  ::_exit(99);
}

bool wait_until_stopped(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

/// Kills the command before its n-th system call takes place. False: it has ended before.
bool kill_before_call(const Words& line, const std::string& dir, int n) {
  const pid_t pid = start(line, dir, true);
  bool alive = wait_until_stopped(pid);
  // Each call stops the command twice, before and after.
  for (int stop = 1; alive && stop < 2 * n; ++stop)
    alive = ::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) == 0 && wait_until_stopped(pid);
  if (!alive) return false;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return true;
}

void kill_after(const Words& line, const std::string& dir, std::chrono::microseconds time) {
  const pid_t pid = start(line, dir, false);
  std::this_thread::sleep_for(time);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

std::chrono::microseconds duration(const Words& line, const std::string& dir) {
  const auto before = Clock::now();
  ::waitpid(start(line, dir, false), nullptr, 0);
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before);
}

std::string prepared(OciBundle& bundle, const Victim& victim) {
  const std::string id = bundle.new_id();
  for (const std::string& verb : victim.before) REQUIRE(bundle.detached({verb, id}).code == 0);
  return id;
}

/// What delete --force says against it, and then what is left; to look for that takes its time.
std::string left(const OciBundle& bundle, const std::string& id, bool look = true) {
  const CommandResult result = bundle.remove_reaping(id);
  return (result.code == 0 ? "" : "delete --force: " + result.err) + (look ? bundle.leaks() : "");
}

}  // namespace

TEST_CASE(
    "a command that was killed before any of its system calls leaves nothing that delete "
    "--force does not remove") {
  for (const Victim& victim : victims) {
    OciBundle bundle;
    bundle.configure({.members = R"(, "hooks": {"createRuntime": [{"path": "/bin/true"}]})"});
    int n = 1;
    for (bool killed = true; killed; ++n) {
      const std::string id = prepared(bundle, victim);
      killed = kill_before_call(bundle.line(victim.words(id)), bundle.dir(), n);
      INFO(std::string(victim.name) << " before its system call " << n);
      REQUIRE(left(bundle, id, n % 10 == 0 || !killed) == "");
    }
    MESSAGE(std::string(victim.name)
            << " was killed before each of its " << n - 2 << " system calls");
    CHECK(n > 50);
  }
}

TEST_CASE(
    "a command that was killed at any moment leaves nothing that delete --force does not "
    "remove") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const Victim& victim : victims) {
    OciBundle bundle;
    std::string id = prepared(bundle, victim);
    const auto whole = duration(bundle.line(victim.words(id)), bundle.dir());
    REQUIRE(left(bundle, id) == "");
    std::uniform_int_distribution<long> moment(0, whole.count());
    for (int i = 0; i < 40; ++i) {
      id = prepared(bundle, victim);
      const std::chrono::microseconds time(moment(random));
      kill_after(bundle.line(victim.words(id)), bundle.dir(), time);
      INFO(std::string(victim.name)
           << " after " << time.count() << " of " << whole.count() << " us");
      REQUIRE(left(bundle, id, i % 10 == 9) == "");
    }
  }
}

TEST_CASE("a command that was killed while a hook runs does not leave the hook") {
  for (const char* kind :
       {"prestart", "createRuntime", "createContainer", "startContainer", "poststart"}) {
    CAPTURE(std::string(kind));
    OciBundle bundle;
    // In the container's mounts as in the host's.
    const std::string hook = R"({"path": "/bin/busybox", "args": ["busybox", "sleep", "1000"]})";
    bundle.configure({.members = R"(, "hooks": {")" + std::string(kind) + R"(": [)" + hook + "]}"});
    const std::string id = bundle.new_id();
    kill_after(bundle.line({"run", "--detach", id}), bundle.dir(), std::chrono::milliseconds(100));
    CHECK(left(bundle, id) == "");
  }
}
