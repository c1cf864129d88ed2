// checkpoint and restore, with a program that counts. CRIU has to know the kernel: where it does
// not (the guest's it does), its own reason is what the user is told.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "integration/bundle.hpp"
#include "support/skip.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

const std::string no_criu = "needs criu, and a kernel that it knows";

bool criu_works() {
  static const bool works =
      ::geteuid() == 0 && has_program("criu") && command({"criu", "check"}).code == 0;
  return works;
}

/// At the start of a text.
int number(const std::string& text) {
  return static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
}

/// A container that counts in a file of the host.
class Counter {
 public:
  explicit Counter(BundleConfig config = {}) {
    fs::create_directory(bundle.dir() / "data");
    fs::permissions(bundle.dir() / "data", fs::perms::all);
    config.script =
        "i=0; while [ ! -e /data/stop ]; do i=$((i+1)); echo $i >/data/new; "
        "mv /data/new /data/count; sleep 0.1; done; echo stopped; exit 7";
    config.mounts.push_back(
        mount_json("/data", "bind", (bundle.dir() / "data").string(), {"rbind", "rw"}));
    bundle.configure(config);
  }
  ~Counter() { bundle.runtime({"delete", "--force", id}); }

  const Bundle bundle;
  const std::string id = "counter-" + std::to_string(::getpid());
  const std::string images = (bundle.dir() / "images").string();

  /// With files as its streams: those of a detached container stay open.
  CommandResult runtime(const std::vector<std::string>& words) const {
    std::vector<std::string> args = {"sh", "-c", "log=$1; shift; exec \"$@\" </dev/null >$log 2>&1",
                                     "sh", log()};
    args.insert(args.end(), {CONTAINERLIB_RUNTIME, "--root", bundle.dir() / "state"});
    args.insert(args.end(), words.begin(), words.end());
    CommandResult result = command(args);
    result.err = read_file(log());
    return result;
  }
  /// The same; fails the test when the command fails.
  void must(const std::vector<std::string>& words) const {
    const CommandResult result = runtime(words);
    INFO(result.err);
    REQUIRE(result.code == 0);
  }
  void start(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"run", "--detach", "--bundle", bundle.dir()});
    options.push_back(id);
    must(options);
    REQUIRE(eventually([&] { return count() > 2; }));
  }
  /// With /dev/null and a pipe as its streams.
  std::vector<std::string> run_in_foreground() const {
    return {"sh",
            "-c",
            "exec \"$@\" 2>&1",
            "sh",
            CONTAINERLIB_RUNTIME,
            "--root",
            bundle.dir() / "state",
            "run",
            "--keep",
            "--bundle",
            bundle.dir(),
            id};
  }
  void checkpoint(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"checkpoint", "--image-path", images});
    options.push_back(id);
    must(options);
  }
  void restore(std::vector<std::string> options = {}) const {
    options.insert(options.begin(),
                   {"restore", "--detach", "--bundle", bundle.dir(), "--image-path", images});
    options.push_back(id);
    must(options);
  }

  int count() const { return number(read_file(bundle.dir() / "data/count")); }
  bool goes_on() const {
    const int before = count();
    return eventually([&] { return count() > before + 1; }, std::chrono::seconds(10));
  }
  bool is(const std::string& status) const {
    return contains(bundle.runtime({"state", id}).out, "\"status\":\"" + status + "\"");
  }
  int pid() const {
    const std::string state = bundle.runtime({"state", id}).out;
    return number(state.substr(state.find("\"pid\":") + 6));
  }

 private:
  std::string log() const { return (bundle.dir() / "log").string(); }
};

/// What restrains a process and what it sees, as far as /proc tells it.
std::vector<std::string> confinement(int pid) {
  const fs::path proc = "/proc/" + std::to_string(pid);
  std::vector<std::string> out;
  for (const std::string& line : lines_of(read_file(proc / "mountinfo"))) {
    // Root, mount point and options (proc(5)); the rest has numbers that change.
    std::istringstream fields(line);
    std::string skipped, root, point, options;
    fields >> skipped >> skipped >> skipped >> root >> point >> options;
    out.push_back(root + ' ' + point + ' ' + options);
  }
  std::sort(out.begin(), out.end());
  for (const std::string& line : lines_of(read_file(proc / "status")))
    for (const char* name : {"Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Umask"})
      if (line.starts_with(name)) out.push_back(line);
  for (const char* file : {"limits", "oom_score_adj", "cgroup", "uid_map"})
    for (const std::string& line : lines_of(read_file(proc / file))) out.push_back(line);
  return out;
}

/// A socket where a terminal is sent to.
class ConsoleSocket {
 public:
  explicit ConsoleSocket(std::string path) : path_(std::move(path)) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
  }
  ConsoleSocket(const ConsoleSocket&) = delete;
  ~ConsoleSocket() {
    if (terminal_ >= 0) ::close(terminal_);
    ::close(fd_);
  }
  const std::string& path() const { return path_; }
  /// Takes the terminal that has been sent.
  void take() {
    const int sender = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char text[64];
    iovec part{text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    REQUIRE(::recvmsg(sender, &message, MSG_CMSG_CLOEXEC) > 0);
    ::close(sender);
    REQUIRE(CMSG_FIRSTHDR(&message));
    std::memcpy(&terminal_, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof terminal_);
  }
  void type(char key) const { REQUIRE(::write(terminal_, &key, 1) == 1); }

 private:
  std::string path_;
  int fd_ = -1, terminal_ = -1;
};

BundleConfig confined() {
  BundleConfig config;
  config.root_members = R"(, "readonly": true)";
  config.process_members =
      R"(, "noNewPrivileges": true, "oomScoreAdj": 100,
         "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 64, "hard": 128}])";
  config.user = R"({"uid": 0, "gid": 0, "umask": 18})";
  config.linux_members =
      R"(, "maskedPaths": ["/proc/keys", "/proc/acpi", "/sys/firmware"],
         "readonlyPaths": ["/proc/sys"], "resources": {"pids": {"limit": 50}},
         "seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
           "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}]})";
  config.mounts = {
      mount_json("/tmp", "tmpfs", "tmpfs", {"size=1m"}),
      mount_json("/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev"}),
      mount_json("/etc/passwd", "bind", "/etc/passwd", {"bind", "ro", "nosuid"})};
  return config;
}

}  // namespace

TEST_SUITE("cgroup") {
  TEST_CASE("checkpoint: a container goes on where it was, as confined as before") {
    SKIP_IF(!criu_works(), no_criu);
    const Counter counter(confined());
    counter.start();
    counter.must({"exec", counter.id, "sh", "-c", "echo kept >/tmp/kept"});
    const std::vector<std::string> before = confinement(counter.pid());

    counter.checkpoint();
    CHECK(counter.is("stopped"));
    const int last = counter.count();
    counter.must({"delete", counter.id});
    counter.restore({"--pid-file", counter.bundle.dir() / "pid"});

    CHECK(counter.is("running"));
    CHECK(counter.goes_on());
    CHECK(counter.count() > last);
    CHECK(read_file(counter.bundle.dir() / "pid") == std::to_string(counter.pid()));
    CHECK(confinement(counter.pid()) == before);
    CHECK(counter.bundle.runtime({"exec", counter.id, "cat", "/tmp/kept"}).out == "kept\n");
    CHECK(counter.runtime({"exec", counter.id, "touch", "/file"}).code != 0);
  }

  TEST_CASE("checkpoint: the container runs on when it is left running") {
    SKIP_IF(!criu_works(), no_criu);
    const Counter counter;
    counter.start();
    const fs::path work = counter.bundle.dir() / "work";
    counter.checkpoint({"--leave-running", "--work-path", work});
    CHECK(counter.is("running"));
    CHECK(counter.goes_on());
    CHECK(fs::exists(work / "dump.log"));
  }

  TEST_CASE("checkpoint: a pre-dump is the parent of the checkpoint") {
    SKIP_IF(!criu_works(), no_criu);
    const Counter counter;
    counter.start();
    counter.must(
        {"checkpoint", "--pre-dump", "--image-path", counter.bundle.dir() / "before", counter.id});
    CHECK(counter.is("running"));
    CHECK(counter.goes_on());
    counter.checkpoint({"--parent-path", "../before"});
    CHECK(fs::exists(fs::path(counter.images) / "parent"));
    counter.must({"delete", counter.id});
    counter.restore();
    CHECK(counter.goes_on());
  }

  TEST_CASE("checkpoint: a terminal is another one after the restore") {
    SKIP_IF(!criu_works(), no_criu);
    BundleConfig config;
    config.process_members = R"(, "terminal": true)";
    const Counter counter(config);
    ConsoleSocket first(counter.bundle.dir() / "first"), second(counter.bundle.dir() / "second");
    counter.start({"--console-socket", first.path()});
    first.take();
    counter.checkpoint();
    counter.must({"delete", counter.id});
    counter.restore({"--console-socket", second.path()});
    second.take();
    CHECK(counter.goes_on());
    constexpr char control_c = 3;
    second.type(control_c);
    CHECK(eventually([&] { return counter.is("stopped"); }));
  }

  TEST_CASE("checkpoint: restore in the foreground has the output and the exit code") {
    SKIP_IF(!criu_works(), no_criu);
    const Counter counter;
    Background run(counter.run_in_foreground());
    REQUIRE(eventually([&] { return counter.count() > 2; }, std::chrono::seconds(10)));
    counter.checkpoint();
    CHECK(run.wait() == 128 + SIGKILL);
    counter.must({"delete", counter.id});
    write_file(counter.bundle.dir() / "data/stop", "");
    const CommandResult restored = counter.bundle.runtime(
        {"restore", "--bundle", counter.bundle.dir(), "--image-path", counter.images, counter.id});
    CHECK(restored.code == 7);
    CHECK(restored.out == "stopped\n");
    CHECK(counter.runtime({"state", counter.id}).code == 1);
  }

  TEST_CASE("checkpoint: the images of a user namespace are for its root and nobody else") {
    SKIP_IF(!criu_works(), no_criu);
    BundleConfig config;
    config.user_namespace = true;
    const Counter counter(config);
    // As that root it opens what the streams are: pipes.
    Background run(counter.run_in_foreground());
    REQUIRE(eventually([&] { return counter.count() > 2; }, std::chrono::seconds(10)));
    counter.checkpoint();
    CHECK(fs::status(counter.images).permissions() == fs::perms(0750));
    for (const auto& entry : fs::directory_iterator(counter.images))
      CHECK((entry.status().permissions() & fs::perms(0027)) == fs::perms::none);
    run.wait();
    counter.must({"delete", counter.id});
    write_file(counter.bundle.dir() / "data/stop", "");
    const CommandResult restored = counter.bundle.runtime(
        {"restore", "--bundle", counter.bundle.dir(), "--image-path", counter.images, counter.id});
    INFO(restored.err);
    CHECK(restored.code == 7);
  }

  TEST_CASE("checkpoint: hooks are run before a restored container goes on") {
    SKIP_IF(!criu_works(), no_criu);
    BundleConfig config;
    config.members = R"(, "hooks": {"createRuntime": [{"path": "/bin/sh",
      "args": ["sh", "-c", "cat >told && ! test -e refuse"]}]})";
    const Counter counter(config);
    const fs::path told = counter.bundle.dir() / "told", refuse = counter.bundle.dir() / "refuse";
    counter.start();
    counter.checkpoint();
    counter.must({"delete", counter.id});
    fs::remove(told);
    write_file(refuse, "");
    const int last = counter.count();
    const CommandResult refused =
        counter.runtime({"restore", "--detach", "--bundle", counter.bundle.dir(), "--image-path",
                         counter.images, counter.id});
    CHECK(refused.code == 1);
    CHECK(contains(refused.err, "hooks.createRuntime[0]"));
    CHECK(contains(read_file(told), R"("status":"creating")"));
    CHECK(counter.runtime({"state", counter.id}).code == 1);
    CHECK(counter.count() == last);
    fs::remove(refuse);
    counter.restore();
    CHECK(counter.goes_on());
  }

  TEST_CASE("checkpoint: nothing is left of a restore that fails") {
    SKIP_IF(!criu_works(), no_criu);
    const Counter counter;
    fs::create_directory(counter.images);
    const CommandResult restored =
        counter.runtime({"restore", "--detach", "--bundle", counter.bundle.dir(), "--image-path",
                         counter.images, counter.id});
    CHECK(restored.code == 1);
    CHECK(contains(restored.err, "criu: Error (criu/"));
    CHECK(contains(restored.err, counter.images + "/restore.log"));
    CHECK(contains(counter.runtime({"state", counter.id}).err, "does not exist"));
    CHECK(fs::is_empty(counter.bundle.dir() / "state"));
  }
}

TEST_CASE("checkpoint: where criu cannot do it its reason is told, and the container runs on") {
  SKIP_IF(!has_program("criu"), "needs criu");
  SKIP_IF(criu_works(), "criu works on this kernel");
  const Counter counter;
  counter.start();
  const CommandResult result =
      counter.runtime({"checkpoint", "--image-path", counter.images, counter.id});
  CHECK(result.code == 1);
  INFO(result.err);
  CHECK(contains(result.err, "criu: Error (criu/"));
  CHECK(counter.is("running"));
  CHECK(counter.goes_on());
}

TEST_CASE("checkpoint: a program that is not criu is an error, not a checkpoint") {
  const Counter counter;
  counter.start();
  const CommandResult none = counter.runtime(
      {"--criu", "/no/criu", "checkpoint", "--image-path", counter.images, counter.id});
  CHECK(none.code == 1);
  CHECK(contains(none.err, "/no/criu: No such file or directory"));
  const CommandResult other =
      counter.runtime({"--criu", "true", "checkpoint", "--image-path", counter.images, counter.id});
  CHECK(other.code == 1);
  CHECK(contains(other.err, "gave no reason"));
  CHECK(counter.is("running"));
}

TEST_CASE("checkpoint: only what runs can be written, and only sensible options do it") {
  const Counter counter;
  counter.must({"create", "--bundle", counter.bundle.dir(), counter.id});
  CHECK(contains(counter.runtime({"checkpoint", counter.id}).err, "container is created"));
  counter.must({"start", counter.id});
  const auto refusal = [&](const std::string& option, const std::string& value) {
    const CommandResult result =
        counter.runtime({"checkpoint", "--image-path", counter.images, option, value, counter.id});
    CHECK(result.code == 1);
    return result.err;
  };
  CHECK(contains(refusal("--manage-cgroups-mode", "hard"), "soft, full, strict or ignore"));
  CHECK(contains(refusal("--empty-ns", "pid"), "must be network"));
  CHECK(contains(refusal("--page-server", "host"), "must be ADDRESS:PORT"));
  CHECK(contains(refusal("--parent-path", "/tmp"), "must be relative"));
  CHECK(contains(refusal("--status-fd", "99"), "open descriptor"));
}
