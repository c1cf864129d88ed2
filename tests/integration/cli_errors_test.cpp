// What the command says and how it exits where docker users expect something certain.
#include <signal.h>

#include <thread>

#include "integration/cli_fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

TEST_CASE_FIXTURE(Cli, "cli: start of one that runs is no error") {
  out({"run", "-d", "--name", "up", "busybox", "sleep", "60"});
  CHECK(out({"start", "up"}) == "up");
  CHECK(out({"inspect", "-f", "{{.State.Status}}", "up"}) == "running");
  out({"rm", "-f", "up"});
}

TEST_CASE_FIXTURE(Cli, "cli: exec into one that does not run exits with 1") {
  CHECK(cli({"exec", "nosuch", "true"}).code == 1);
  out({"create", "--name", "made", "busybox", "true"});
  CHECK(cli({"exec", "made", "true"}).code == 1);
  out({"rm", "made"});
  out({"run", "-d", "--name", "held", "busybox", "sleep", "60"});
  if (cli({"pause", "held"}).code == 0) {
    CHECK(cli({"exec", "held", "true"}).code == 1);
    const CommandResult again = cli({"pause", "held"});
    CHECK(again.code == 1);
    CHECK(contains(again.err, "already paused"));
    out({"unpause", "held"});
    const CommandResult running = cli({"unpause", "held"});
    CHECK(running.code == 1);
    CHECK(contains(running.err, "not paused"));
  }
  out({"rm", "-f", "held"});
}

TEST_CASE_FIXTURE(Cli, "cli: a name may begin with a slash") {
  out({"run", "-d", "--name", "slashed", "busybox", "sleep", "60"});
  CHECK(out({"inspect", "-f", "{{.Name}}", "/slashed"}) == "/slashed");
  CHECK(out({"stop", "-t", "0", "/slashed"}) == "/slashed");
  CHECK(out({"rm", "/slashed"}) == "/slashed");
}

TEST_CASE_FIXTURE(Cli, "cli: an ended container has no error of its own") {
  out({"run", "-d", "--name", "three", "busybox", "sh", "-c", "exit 3"});
  out({"wait", "three"});
  CHECK(out({"inspect", "-f", "{{.State.ExitCode}}[{{.State.Error}}]", "three"}) == "3[]");
  out({"rm", "three"});
}

TEST_CASE_FIXTURE(Cli, "cli: stop waits for all of them at once") {
  const Args ignore = {"busybox", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"};
  for (const std::string name : {"a", "b", "c"}) {
    Args args = {"run", "-d", "--name", name};
    args.insert(args.end(), ignore.begin(), ignore.end());
    out(args);
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(lines_of(out({"stop", "-t", "2", "a", "b", "c"})).size() == 3);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  out({"rm", "a", "b", "c"});
}

TEST_CASE_FIXTURE(Cli, "cli: stop -s sends another signal") {
  out({"run", "-d", "--name", "trap", "busybox", "sh", "-c",
       "trap 'exit 5' USR1; echo ready; while :; do sleep 0.05; done"});
  CHECK(eventually([&] { return out({"logs", "trap"}) == "ready"; }));
  out({"stop", "-s", "USR1", "trap"});
  CHECK(out({"wait", "trap"}) == "5");
  CHECK(out({"stop", "-s", "USR1", "trap"}) == "trap");
  out({"rm", "trap"});
}

TEST_CASE_FIXTURE(Cli, "cli: an empty --root and an unknown status are errors") {
  CHECK(command({CONTAINERLIB_COMMAND, "--root", "", "ps"}).code == 125);
  CHECK(command({CONTAINERLIB_COMMAND, "--run-root=", "ps"}).code == 125);
  const CommandResult bogus = cli({"ps", "-f", "status=bogus"});
  CHECK(bogus.code != 0);
  CHECK(contains(bogus.err, "bogus"));
}

TEST_CASE_FIXTURE(Cli, "cli: a user with an empty group") {
  CHECK(out({"run", "--rm", "-u", "root:", "busybox", "id", "-g"}) == "0");
  CHECK(contains(cli({"run", "--rm", "-u", ":5", "busybox", "id"}).err, "is empty"));
}

TEST_CASE_FIXTURE(Cli, "cli: a mount over the other kind of file says so") {
  const fs::path dir = host.scratch / "kinds";
  fs::create_directories(dir);
  write_file(dir / "file", "x");
  for (const std::string& volume :
       {(dir / "file").string() + ":/bin", dir.string() + ":/etc/passwd"}) {
    const CommandResult done = cli({"run", "--rm", "-v", volume, "busybox", "true"});
    CHECK(done.code == 125);
    CHECK_MESSAGE(contains(done.err, "a directory is mounted over a directory"), done.err);
  }
  fs::remove_all(dir);
}

TEST_CASE_FIXTURE(Cli, "cli: a missing interpreter is named as the reason") {
  const std::string make = "printf '#!/no/such\\n' >/bin/script; chmod +x /bin/script; ";
  out({"run", "-d", "--name", "box", "busybox", "sh", "-c", make + "sleep 60"});
  CHECK(eventually([&] { return cli({"exec", "box", "test", "-x", "/bin/script"}).code == 0; }));
  for (const std::string name : {"script", "/bin/script"}) {
    const CommandResult done = cli({"exec", "box", name});
    CHECK(done.code == 127);
    CHECK_MESSAGE(contains(done.err, "interpreter"), done.err);
  }
  CHECK_FALSE(contains(cli({"exec", "box", "/bin/nosuch"}).err, "interpreter"));
  out({"rm", "-f", "box"});
}

TEST_CASE_FIXTURE(Cli, "cli: memory nodes that are not there") {
  const CommandResult done = cli({"run", "--rm", "--cpuset-mems", "99", "busybox", "true"});
  CHECK(done.code == 125);
  CHECK_MESSAGE(contains(done.err, "no memory node 99"), done.err);
}

TEST_CASE_FIXTURE(Cli, "cli: save to a full device does not speak of the data directory") {
  const CommandResult done = cli({"save", "-o", "/dev/full", "busybox"});
  CHECK(done.code == 1);
  CHECK(contains(done.err, "No space left on device"));
  CHECK_FALSE(contains(done.err, "data directory"));
}

TEST_CASE_FIXTURE(Cli, "cli: a save that is killed leaves nothing") {
  const fs::path dir = host.scratch / "saves";
  fs::create_directories(dir);
  for (int delay = 0; delay < 24; ++delay) {
    Background save(words({"save", "-o", dir / "out.tar", "busybox"}));
    std::this_thread::sleep_for(milliseconds(delay));
    save.kill(delay % 2 ? SIGTERM : SIGKILL);
    save.wait();
    for (const auto& entry : fs::directory_iterator(dir))
      CHECK_MESSAGE(entry.path().filename() == "out.tar", entry.path());
  }
  fs::remove_all(dir);
}
