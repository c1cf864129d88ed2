// The command as the foreground of a container: its streams, its terminal, its signals.
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "integration/cli_fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// A host program that has a terminal of its own.
class OnTerminal {
 public:
  explicit OnTerminal(const Args& args) {
    std::vector<char*> words;
    for (const std::string& arg : args) words.push_back(const_cast<char*>(arg.c_str()));
    words.push_back(nullptr);
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    terminal_.reset(master);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
  }
  OnTerminal(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  bool shows(const std::string& part) {
    return eventually([&] {
      char buffer[4096];
      ::fcntl(terminal_.get(), F_SETFL, O_NONBLOCK);
      const ssize_t size = ::read(terminal_.get(), buffer, sizeof buffer);
      if (size > 0) seen_.append(buffer, static_cast<std::size_t>(size));
      return contains(seen_, part);
    });
  }
  void hang_up() { terminal_.reset(); }
  bool ends_within(std::chrono::milliseconds time) {
    return eventually(
        [&] {
          if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
          pid_ = -1;
          return true;
        },
        time);
  }

 private:
  pid_t pid_ = -1;
  cl::Fd terminal_;
  std::string seen_;
};

}  // namespace

TEST_CASE_FIXTURE(Cli, "cli: closed streams are /dev/null for the container") {
  const fs::path dir = host.scratch / "streams";
  fs::create_directories(dir);
  fs::permissions(dir, fs::perms::all);
  const std::string volume = dir.string() + ":/v:rw";
  const CommandResult done =
      sh("exec \"$@\" <&- >&- 2>&-",
         {"run", "--rm", "-i", "-v", volume, "busybox", "sh", "-c",
          "x=$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done); echo \"$x\" >/v/seen"});
  CHECK(done.code == 0);
  CHECK(read_file(dir / "seen") == "/dev/null\n/dev/null\n/dev/null\n");
  fs::remove_all(dir);
}

TEST_CASE_FIXTURE(Cli, "cli: run -t ends when its output is read no more") {
  const CommandResult done = sh("\"$@\" | head -1", {"run", "--rm", "-t", "busybox", "yes"});
  CHECK(done.code == 0);
  CHECK(done.out == "y\r\n");
  CHECK(out({"ps", "-aq"}).empty());
}

TEST_CASE_FIXTURE(Cli, "cli: exec -t ends when its output is read no more") {
  out({"run", "-d", "--name", "box", "busybox", "sleep", "60"});
  const CommandResult done = sh("\"$@\" | head -1", {"exec", "-t", "box", "yes"});
  CHECK(done.code == 0);
  CHECK(eventually([&] { return !contains(out({"exec", "box", "ps"}), "yes"); }));
  out({"rm", "-f", "box"});
}

TEST_CASE_FIXTURE(Cli, "cli: a full output is an error that is said") {
  const CommandResult done =
      sh("\"$@\" >/dev/full", {"run", "--rm", "-t", "busybox", "sh", "-c", "echo a; sleep 60"});
  CHECK(done.code == 137);
  CHECK(contains(done.err, "No space left on device"));
}

TEST_CASE_FIXTURE(Cli, "cli: a container of the foreground goes with its terminal") {
  for (const Args& flags : {Args{"-it"}, Args{"-t"}, Args{}}) {
    Args args = {"run", "--rm"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"busybox", "sh", "-c", "trap '' HUP; echo ready; sleep 60"});
    OnTerminal run(words(args));
    CHECK(run.shows("ready"));
    run.hang_up();
    CHECK(run.ends_within(5s));
    CHECK(eventually([&] { return out({"ps", "-aq"}).empty(); }));
  }
}

TEST_CASE_FIXTURE(Cli, "cli: one that was started by start -a outlives its terminal") {
  out({"create", "--name", "made", "busybox", "sh", "-c", "echo ready; sleep 60"});
  OnTerminal start(words({"start", "-a", "made"}));
  CHECK(start.shows("ready"));
  start.hang_up();
  CHECK(start.ends_within(5s));
  CHECK(out({"inspect", "-f", "{{.State.Status}}", "made"}) == "running");
  out({"rm", "-f", "made"});
}

TEST_CASE_FIXTURE(Cli, "cli: logs and start -a give back every byte") {
  out({"create", "--name", "half", "busybox", "printf", "a\\n\\nnonl"});
  CHECK(cli({"start", "-a", "half"}).out == "a\n\nnonl");
  CHECK(cli({"logs", "half"}).out == "a\n\nnonl");
  CHECK(cli({"start", "-a", "half"}).out == "a\n\nnonl");
  CHECK(cli({"logs", "half"}).out == "a\n\nnonla\n\nnonl");
  CHECK(cli({"logs", "-n", "1", "half"}).out == "nonl");
  CHECK(matches(cli({"logs", "-t", "-n", "1", "half"}).out, "^\\S+Z nonl$"));
  out({"rm", "half"});
}

TEST_CASE_FIXTURE(Cli, "cli: a prompt is shown before there is a newline") {
  out({"create", "--name", "asks", "busybox", "sh", "-c", "printf 'name? '; sleep 60"});
  OnTerminal start(words({"start", "-a", "asks"}));
  CHECK(start.shows("name? "));
  CHECK(out({"logs", "asks"}) == "name? ");
  out({"rm", "-f", "asks"});
}

TEST_CASE_FIXTURE(Cli, "cli: start -a of one that runs shows what it writes from now on") {
  out({"run", "-d", "--name", "late", "busybox", "sh", "-c",
       "trap 'echo now; exit 7' USR1; echo before; while :; do sleep 0.05; done"});
  CHECK(eventually([&] { return out({"logs", "late"}) == "before"; }));
  Background start(words({"start", "-a", "late"}));
  std::this_thread::sleep_for(500ms);
  out({"kill", "-s", "USR1", "late"});
  CHECK(start.read_line() == "now");
  CHECK(start.wait() == 7);
  out({"rm", "late"});
}

TEST_CASE_FIXTURE(Cli, "cli: what the shell ignores is not passed on") {
  Args args = words({"run", "--rm", "busybox", "sh", "-c",
                     "trap 'echo hup' HUP; trap 'echo term; exit 4' TERM; echo ready; "
                     "while :; do sleep 0.05; done"});
  args.insert(args.begin(), {"sh", "-c", "trap '' HUP; exec \"$@\"", "sh"});
  Background run(args);
  CHECK(run.read_line() == "ready");
  run.kill(SIGHUP);
  std::this_thread::sleep_for(300ms);
  run.kill(SIGTERM);
  CHECK(run.read_line() == "term");
  CHECK(run.wait() == 4);
}

TEST_CASE_FIXTURE(Cli, "cli: --sig-proxy=false, a signal ends the command") {
  Background run(words({"run", "--rm", "--sig-proxy=false", "busybox", "sh", "-c",
                        "trap 'echo term' TERM; echo ready; while :; do sleep 0.05; done"}));
  CHECK(run.read_line() == "ready");
  run.kill(SIGTERM);
  CHECK(run.wait() == 128 + SIGTERM);
  CHECK(run.read_line().empty());
  CHECK(eventually([&] { return out({"ps", "-aq"}).empty(); }));
}

TEST_CASE_FIXTURE(Cli, "cli: the third interrupt kills") {
  Background run(words({"run", "--rm", "busybox", "sh", "-c",
                        "trap 'echo int' INT; echo ready; while :; do sleep 0.05; done"}));
  CHECK(run.read_line() == "ready");
  for (int i = 0; i < 2; ++i) {
    run.kill(SIGINT);
    CHECK(run.read_line() == "int");
  }
  run.kill(SIGINT);
  CHECK(run.wait() == 137);
}
