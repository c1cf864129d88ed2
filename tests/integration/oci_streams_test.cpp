// What a container's program gets from whoever calls containerlib-runtime: streams, a terminal,
// descriptors, signals, and nothing else.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

constexpr const char* terminal =
    R"(, "terminal": true, "consoleSize": {"height": 11, "width": 22})";

OciConfig script(const std::string& text, const std::string& process_members = {}) {
  return {.args = {"sh", "-c", text}, .process_members = process_members};
}

/// What the terminal shows until `part` is in it, or ten seconds have passed.
std::string read_until(int fd, const std::string& part,
                       std::chrono::milliseconds within = std::chrono::seconds(10)) {
  std::string seen;
  const auto end = std::chrono::steady_clock::now() + within;
  while (!contains(seen, part) && std::chrono::steady_clock::now() < end) {
    pollfd polled = {fd, POLLIN, 0};
    if (::poll(&polled, 1, 100) != 1) continue;
    char buffer[4096];
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) break;
    seen.append(buffer, static_cast<std::size_t>(size));
  }
  return seen;
}

/// The other end of --console-socket.
class ConsoleSocket {
 public:
  explicit ConsoleSocket(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
  }
  ConsoleSocket(const ConsoleSocket&) = delete;
  ~ConsoleSocket() { ::close(fd_); }
  /// The descriptor that comes.
  int receive() const {
    const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char text[128];
    iovec part{text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    REQUIRE(::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) > 0);
    ::close(connection);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    REQUIRE(header);
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
  }

 private:
  int fd_;
};

/// The command with a terminal of its own, in the bundle's directory.
class InTerminal {
 public:
  InTerminal(const OciBundle& bundle, const std::vector<std::string>& words) {
    const std::vector<std::string> line = bundle.line(words);
    std::vector<char*> args;
    for (const std::string& word : line) args.push_back(const_cast<char*>(word.c_str()));
    args.push_back(nullptr);
    winsize size = {.ws_row = 33, .ws_col = 44, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    if (::chdir(bundle.dir().c_str()) == 0) ::execv(args[0], args.data());
    ::_exit(99);
  }
  InTerminal(const InTerminal&) = delete;
  ~InTerminal() { ::close(fd_); }
  int fd() const { return fd_; }
  int wait() const {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      return -1;
    }
    return WEXITSTATUS(status);
  }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
};

/// Puts descriptors and the like in order, then executes the command.
CommandResult by_shell(const OciBundle& bundle, const std::string& before,
                       const std::vector<std::string>& words) {
  std::vector<std::string> args = {"sh", "-c", before, "sh"};
  const std::vector<std::string> line = bundle.line(words);
  args.insert(args.end(), line.begin(), line.end());
  return command(args, {.cwd = bundle.dir()});
}

}  // namespace

TEST_CASE("a terminal's master comes by the console socket, with the size that was configured") {
  OciBundle bundle;
  bundle.configure(
      script("stty size; test -t 0 && test -t 1 && test -t 2 && echo all; "
             "read line; echo got $line; exec sleep 1000",
             terminal));
  const std::string id = bundle.new_id();
  const ConsoleSocket socket(bundle.dir() / "console");
  const CommandResult refused = bundle.create(id);
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "--console-socket"));
  const CommandResult made = bundle.detached({"create", "--console-socket", "console", id});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  const int master = socket.receive();
  CHECK(bundle.runtime({"start", id}).code == 0);
  CHECK(contains(read_until(master, "all"), "11 22\r\nall\r\n"));
  CHECK(::write(master, "hello\n", 6) == 6);
  CHECK(contains(read_until(master, "got hello"), "got hello"));
  ::close(master);
  bundle.remove(id);
}

TEST_CASE("the process's pidfd comes by the pidfd socket") {
  OciBundle bundle;
  bundle.configure();
  const std::string id = bundle.new_id();
  const ConsoleSocket socket(bundle.dir() / "pidfd");
  const CommandResult made = bundle.detached({"create", "--pidfd-socket", "pidfd", id});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  const int process = socket.receive();
  const std::string info = read_file("/proc/self/fdinfo/" + std::to_string(process));
  CHECK(contains(info, "Pid:\t" + std::to_string(bundle.pid(id)) + "\n"));
  ::close(process);
  bundle.remove(id);
}

TEST_CASE("exec --tty gets a terminal by the console socket") {
  OciBundle bundle;
  const std::string id = bundle.running();
  const ConsoleSocket socket(bundle.dir() / "console");
  const CommandResult made =
      bundle.detached({"exec", "--tty", "--detach", "--console-socket", "console", id, "sh", "-c",
                       "test -t 0 && test -t 2 && echo both"});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  const int master = socket.receive();
  CHECK(contains(read_until(master, "both"), "both\r\n"));
  ::close(master);
  CHECK(bundle.runtime({"exec", "--tty", "--detach", id, "true"}).code == 1);
  CHECK(bundle.remove_reaping(id).code == 0);
}

TEST_CASE("run with a terminal passes on what is typed, what is shown, and the size") {
  OciBundle bundle;
  bundle.configure(
      script("trap 'echo interrupted; exit 6' INT; stty size; echo ready; "
             "while read line; do echo \"<$line>\"; stty size; done",
             R"(, "terminal": true)"));
  {
    const InTerminal run(bundle, {"run", bundle.new_id()});
    CHECK(contains(read_until(run.fd(), "ready"), "33 44\r\n"));
    const winsize larger = {.ws_row = 55, .ws_col = 66, .ws_xpixel = 0, .ws_ypixel = 0};
    CHECK(::ioctl(run.fd(), TIOCSWINSZ, &larger) == 0);
    CHECK(::write(run.fd(), "a\n", 2) == 2);
    CHECK(contains(read_until(run.fd(), "<a>"), "<a>"));
    CHECK(eventually([&] {
      return ::write(run.fd(), "b\n", 2) == 2 && contains(read_until(run.fd(), " "), "55");
    }));
    // A shell that is just about to read sees an interrupt with its next line only.
    CHECK(eventually([&] {
      return ::write(run.fd(), "\x03", 1) == 1 &&
             contains(read_until(run.fd(), "interrupted", std::chrono::milliseconds(500)),
                      "interrupted");
    }));
    CHECK(run.wait() == 6);
  }
  CHECK(bundle.leaks() == "");
}

TEST_CASE("exec --tty in a terminal") {
  OciBundle bundle;
  const std::string id = bundle.running();
  const InTerminal exec(bundle, {"exec", "-t", id, "sh", "-c", "tty; stty size; exit 4"});
  const std::string seen = read_until(exec.fd(), "33 44");
  CHECK(contains(seen, "/dev/pts/"));
  CHECK(contains(seen, "33 44"));
  CHECK(exec.wait() == 4);
  bundle.remove(id);
}

TEST_CASE("run copies no stream: the program has those of the command") {
  OciBundle bundle;
  bundle.configure(script("cat; echo err >&2"));
  const CommandResult result = bundle.runtime({"run", bundle.new_id()}, {.in = "in\n"});
  CHECK(result.code == 0);
  CHECK(result.out == "in\n");
  CHECK(result.err == "err\n");
}

TEST_CASE("a detached container keeps the streams of the command") {
  OciBundle bundle;
  bundle.configure(script("echo out; echo err >&2; sleep 1000"));
  const std::string id = bundle.running();
  CHECK(eventually([&] { return bundle.output() == "out\n"; }));
  CHECK(eventually([&] { return read_file(bundle.dir() / "err") == "err\n"; }));
  bundle.remove(id);
}

TEST_CASE("a command with closed streams works") {
  OciBundle bundle;
  bundle.configure(script("exit 5"));
  CHECK(by_shell(bundle, R"(exec "$@" <&-)", {"run", bundle.new_id()}).code == 5);
  CHECK(by_shell(bundle, R"(exec "$@" >&-)", {"run", bundle.new_id()}).code == 5);
  CHECK(by_shell(bundle, R"(exec "$@" 2>&-)", {"run", bundle.new_id()}).code == 5);
  CHECK(by_shell(bundle, R"(exec "$@" <&- >&- 2>&-)", {"run", bundle.new_id()}).code == 5);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("only descriptors that are to be preserved reach the program") {
  OciBundle bundle;
  bundle.configure(script("for fd in 3 4 5; do readlink /proc/self/fd/$fd || echo none; done"));
  write_file(bundle.dir() / "three", "");
  write_file(bundle.dir() / "four", "");
  const auto seen = [&](const std::string& before, std::vector<std::string> options) {
    options.insert(options.begin(), "run");
    options.push_back(bundle.new_id());
    const CommandResult result = by_shell(bundle, before + R"( exec "$@" 3<three 4<four)", options);
    INFO(result.err);
    CHECK(result.code == 0);
    std::string names;
    for (const std::string& line : lines_of(result.out))
      names += (names.empty() ? "" : " ") + std::filesystem::path(line).filename().string();
    return names;
  };
  CHECK(seen("", {}) == "none none none");
  CHECK(seen("", {"--preserve-fds", "1"}) == "three none none");
  CHECK(seen("", {"--preserve-fds=2"}) == "three four none");
  CHECK(seen("export LISTEN_FDS=2;", {}) == "three four none");
  CHECK(seen("export LISTEN_FDS=1;", {"--preserve-fds", "1"}) == "three four none");
  for (const std::string log : {"--log=log", "--debug"})
    CHECK(by_shell(bundle, R"(exec "$@")", {log, "run", "--preserve-fds", "9", bundle.new_id()})
              .code == 1);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("exec preserves descriptors too") {
  OciBundle bundle;
  const std::string id = bundle.running();
  write_file(bundle.dir() / "three", "text\n");
  const CommandResult result = by_shell(bundle, R"(exec "$@" 3<three)",
                                        {"exec", "--preserve-fds", "1", id, "sh", "-c", "cat <&3"});
  CHECK(result.out == "text\n");
  bundle.remove(id);
}

TEST_CASE("a socket that was handed over is known to the program by its variables") {
  OciBundle bundle;
  bundle.configure(script("echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES"));
  const CommandResult result = by_shell(
      bundle, R"(export LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=a; exec "$@" 3</dev/null)",
      {"run", bundle.new_id()});
  CHECK(result.out == "1 1 a\n");
  CHECK(by_shell(bundle, R"(export LISTEN_FDS=1 LISTEN_PID=1; exec "$@")", {"run", bundle.new_id()})
            .out == "\n");
}

TEST_CASE("what the caller has set for itself does not reach the program") {
  OciBundle bundle;
  const std::string before =
      R"(umask 077; export SECRET=1; )"
      R"(exec env --ignore-signal=PIPE --ignore-signal=INT --block-signal=TERM "$@")";
  const std::string ask = "umask; pwd; env | sort";
  const std::string expected = "0022\n/\nPATH=/bin\nPWD=/\nSHLVL=1\n";
  // No shell, which ignores some itself.
  const std::vector<std::string> signals = {"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"};
  const std::string none = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";
  bundle.configure(script(ask));
  CHECK(by_shell(bundle, before, {"run", bundle.new_id()}).out == expected);
  bundle.configure({.args = signals});
  CHECK(by_shell(bundle, before, {"run", bundle.new_id()}).out == none);
  bundle.configure();
  const std::string id = bundle.running();
  CHECK(by_shell(bundle, before, {"exec", id, "sh", "-c", ask}).out == expected);
  std::vector<std::string> words = {"exec", id};
  words.insert(words.end(), signals.begin(), signals.end());
  CHECK(by_shell(bundle, before, words).out == none);
  bundle.remove(id);
}

TEST_CASE("signals to a run in the foreground go to the program") {
  OciBundle bundle;
  bundle.configure(
      script("trap 'echo hup' HUP; trap 'exit 9' TERM; echo ready; "
             "while :; do sleep 0.01; done"));
  {
    Background run(bundle.line({"run", "--bundle", bundle.dir(), bundle.new_id()}));
    REQUIRE(run.read_line() == "ready");
    run.kill(SIGHUP);
    CHECK(run.read_line() == "hup");
    run.kill(SIGTERM);
    CHECK(run.wait() == 9);
  }
  CHECK(bundle.leaks() == "");
}
