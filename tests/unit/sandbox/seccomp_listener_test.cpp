#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "sandbox/execute/seccomp.hpp"
#include "sandbox/plan.hpp"
#include "sandbox/seccomp/filter.hpp"

// Profiles as the kernel applies them, and listeners, each time in a child of the test.
using namespace containerlib;
using namespace containerlib::sandbox;

namespace {

class Temporary {
 public:
  Temporary() {
    char name[] = "/tmp/seccomp-XXXXXX";
    REQUIRE(mkdtemp(name));
    path_ = name;
  }
  ~Temporary() { std::filesystem::remove_all(path_); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

oci::SeccompProfile profile_of(const char* default_action, std::vector<oci::SeccompRule> rules) {
  oci::SeccompProfile profile;
  profile.default_action = default_action;
  profile.syscalls = std::move(rules);
  return profile;
}

oci::SeccompRule rule(std::vector<std::string> names, const char* action) {
  return {.names = std::move(names), .action = action, .errno_ret = {}, .args = {}};
}

const oci::RuntimeState container = {.oci_version = "1.3.0",
                                     .id = "box",
                                     .status = "creating",
                                     .pid = 0,
                                     .bundle = "/b",
                                     .annotations = {{"pid", "\"pid\":1"}}};

oci::Seccomp loadable(const oci::SeccompProfile& profile) {
  const Temporary cache;
  std::vector<std::string> unknown;
  return load_profile(profile, cache.file("cache"), container, unknown);
}

/// Executes the steps of a filter as a container's process does, then `work`. The exit code, or
/// -signal.
class Confined {
 public:
  Confined(const oci::Seccomp& seccomp, const std::function<int()>& work) {
    const Text program =
        plan_.text({reinterpret_cast<const char*>(seccomp.program.data()), seccomp.program.size()});
    const Text state = plan_.text(seccomp.listener_state);
    const std::string bytes = plan_.bytes();
    PlanView view;
    REQUIRE(valid(bytes.data(), bytes.size(), view));
    Launch l(view);
    if (!seccomp.listener_path.empty())
      REQUIRE(connect_listener(l, seccomp.listener_path.c_str()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      l.host_pid = 4711;
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      const rlimit no_dump = {0, 0};
      setrlimit(RLIMIT_CORE, &no_dump);
      if (const int r = load_seccomp(l, {program, seccomp.flags, state}); r < 0) _exit(-r);
      const int code = work();
      // Not _exit: a filter that notifies of all calls is not to be asked more than once.
      syscall(SYS_exit_group, code);
    }
    if (l.slots[listener_slot] >= 0) close(l.slots[listener_slot]);
  }
  int result() const {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  LaunchPlan plan_;
  pid_t pid_ = -1;
};

int confined(const oci::SeccompProfile& profile, const std::function<int()>& work) {
  return Confined(loadable(profile), work).result();
}

int call_uname() { return syscall(SYS_uname, nullptr) < 0 ? errno : 0; }

/// What an agent is: a socket, and what came over it.
class Agent {
 public:
  explicit Agent(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_.get(), 1) == 0);
  }

  void accept() { connection_.reset(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void hang_up() { connection_.reset(); }

  /// By one recvmsg(2), as agents do; then the connection must have ended.
  std::string receive() {
    std::array<char, 65536> text = {};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec part = {text.data(), text.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(connection_.get(), &message, MSG_CMSG_CLOEXEC);
    REQUIRE(got > 0);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    REQUIRE(header);
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    listener_.reset(fd);
    char more;
    CHECK(recv(connection_.get(), &more, 1, 0) == 0);
    return {text.data(), static_cast<std::size_t>(got)};
  }

  /// Waits for a call; its number, or -1 when there is none any more. It gets `errnum`, or goes on.
  int answer(int errnum) {
    pollfd wait = {listener_.get(), POLLIN, 0};
    if (poll(&wait, 1, 10000) != 1 || !(wait.revents & POLLIN)) return -1;
    seccomp_notif call = {};
    REQUIRE(ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) == 0);
    seccomp_notif_resp response = {};
    response.id = call.id;
    response.error = -errnum;
    if (errnum == 0) response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    REQUIRE(ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
    return call.data.nr;
  }

 private:
  Fd socket_, connection_, listener_;
};

constexpr const char* state_text =
    R"("pid":4711,"metadata":"for the agent","state":{"ociVersion":"1.3.0")";

}  // namespace

TEST_CASE("the kernel does what a profile's actions say") {
  CHECK(confined(profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_ERRNO")}), call_uname) ==
        EPERM);
  CHECK(confined(profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_KILL_PROCESS")}),
                 call_uname) == -SIGSYS);
  CHECK(confined(profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_TRAP")}), call_uname) ==
        -SIGSYS);
  CHECK(confined(profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_LOG")}), call_uname) ==
        EFAULT);
  CHECK(confined(profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_TRACE")}), call_uname) ==
        ENOSYS);  // no tracer
  CHECK(confined(profile_of("SCMP_ACT_ERRNO", {rule({"exit_group"}, "SCMP_ACT_ALLOW")}),
                 [] { return syscall(9999) < 0 ? errno : 0; }) == ENOSYS);
}

TEST_CASE("flags are told to the kernel, one it lacks or nobody knows is an error") {
  oci::SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_ERRNO")});
  profile.flags = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
                   "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
  CHECK(loadable(profile).flags == (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
  CHECK(confined(profile, call_uname) == EPERM);
  profile.flags = {"SECCOMP_FILTER_FLAG_NEW"};
  CHECK_THROWS_WITH_AS(loadable(profile), doctest::Contains("linux.seccomp.flags"), Error);
}

TEST_CASE("SCMP_ACT_NOTIFY needs a listener, other profiles ignore it") {
  oci::SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_NOTIFY")});
  CHECK_THROWS_WITH_AS(loadable(profile), doctest::Contains("linux.seccomp.listenerPath"), Error);
  profile.listener_path = std::string(108, 'x');
  CHECK_THROWS_WITH_AS(loadable(profile), doctest::Contains("linux.seccomp.listenerPath"), Error);
  profile.syscalls[0].action = "SCMP_ACT_LOG";
  CHECK(loadable(profile).listener_path.empty());
  CHECK(loadable(profile).flags == 0);
}

TEST_CASE("an agent gets the listener and the state, and answers the process's calls") {
  const Temporary tmp;
  Agent agent(tmp.file("agent"));
  oci::SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_NOTIFY")});
  profile.listener_path = tmp.file("agent");
  profile.listener_metadata = "for the agent";
  profile.flags = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
  const Confined process(loadable(profile), call_uname);
  agent.accept();
  const std::string text = agent.receive();
  CHECK(text.find(state_text) != text.npos);
  CHECK(text.find(R"("fds":["seccompFd"])") != text.npos);
  CHECK(text.find(R"("status":"creating","pid":4711,)") != text.npos);
  CHECK(text.find(R"("annotations":{"pid":"\"pid\":1"})") != text.npos);
  CHECK(text.find('\0') == text.npos);
  CHECK(agent.answer(EXDEV) == SYS_uname);
  CHECK(process.result() == EXDEV);
}

TEST_CASE("the listener arrives however little the filter allows") {
  const Temporary tmp;
  Agent agent(tmp.file("agent"));
  SUBCASE("the process may only exit, all else kills it") {
    oci::SeccompProfile profile =
        profile_of("SCMP_ACT_KILL_PROCESS",
                   {rule({"exit_group"}, "SCMP_ACT_ALLOW"), rule({"uname"}, "SCMP_ACT_NOTIFY")});
    profile.listener_path = tmp.file("agent");
    const Confined process(loadable(profile), [] { return 3; });
    agent.accept();
    agent.receive();
    CHECK(process.result() == 3);
  }
  SUBCASE("the agent is asked about every call") {
    oci::SeccompProfile profile = profile_of("SCMP_ACT_NOTIFY", {});
    profile.listener_path = tmp.file("agent");
    const Confined process(loadable(profile), [] { return 4; });
    agent.accept();
    agent.receive();
    CHECK(agent.answer(0) == SYS_exit_group);
    CHECK(process.result() == 4);
  }
}

TEST_CASE("the program finds no child, thread or descriptor of the sending") {
  const Temporary tmp;
  Agent agent(tmp.file("agent"));
  oci::SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_NOTIFY")});
  profile.listener_path = tmp.file("agent");
  const oci::Seccomp seccomp = loadable(profile);
  const int lowest = dup(0);
  close(lowest);
  const Confined process(seccomp, [lowest] {
    if (waitpid(-1, nullptr, __WALL) != -1 || errno != ECHILD) return 1;
    // The socket was the lowest one, the listener the next.
    if (fcntl(lowest, F_GETFD) != -1 || fcntl(lowest + 1, F_GETFD) != -1) return 2;
    for (int tries = 0; tries < 1000; ++tries) {
      std::error_code error;
      const std::filesystem::directory_iterator tasks("/proc/self/task", error);
      if (std::distance(begin(tasks), end(tasks)) == 1) return 0;
      usleep(1000);
    }
    return 3;
  });
  agent.accept();
  agent.receive();
  CHECK(process.result() == 0);
}

TEST_CASE("an agent that hangs up is an error, no agent too") {
  const Temporary tmp;
  oci::SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"uname"}, "SCMP_ACT_NOTIFY")});
  profile.listener_path = tmp.file("agent");
  const PlanHeader header;
  PlanView view;
  view.header = &header;
  Launch l(view);
  CHECK(connect_listener(l, profile.listener_path.c_str()) == -ENOENT);
  close(l.slots[listener_slot]);
  {
    Agent agent(tmp.file("agent"));
    REQUIRE(connect_listener(l, profile.listener_path.c_str()) == 0);
    agent.accept();
    agent.hang_up();
  }
  LaunchPlan plan;
  const oci::Seccomp seccomp = loadable(profile);
  const LoadSeccomp step = {
      plan.text({reinterpret_cast<const char*>(seccomp.program.data()), seccomp.program.size()}),
      seccomp.flags, plan.text(seccomp.listener_state)};
  const std::string bytes = plan.bytes();
  REQUIRE(valid(bytes.data(), bytes.size(), l.plan));
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    _exit(-load_seccomp(l, step));
  }
  close(l.slots[listener_slot]);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(WEXITSTATUS(status) == EPIPE);
}
