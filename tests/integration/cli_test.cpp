// The command line: each verb and option, exit codes, output formats.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "integration/cli_fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

TEST_CASE_FIXTURE(Cli, "cli: run passes streams and exit codes through") {
  const CommandResult done =
      cli({"run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(done.code == 3);
  CHECK(done.out == "out\n");
  CHECK(done.err == "err\n");
}

TEST_CASE_FIXTURE(Cli, "cli: exit codes of its own: 125, 126, 127, 128 + signal") {
  CHECK(cli({"run", "--rm", "nosuchimage"}).code == 125);
  CHECK(cli({"run", "--no-such-flag", "busybox"}).code == 125);
  CHECK(cli({"run", "--rm", "-m", "x", "busybox"}).code == 125);
  CHECK(cli({"run", "--rm", "busybox", "/etc/passwd"}).code == 126);
  CHECK(cli({"run", "--rm", "busybox", "nosuch"}).code == 127);
  CHECK(cli({"run", "--rm", "-d", "busybox", "nosuch"}).code == 127);
  CHECK(cli({"nosuchverb"}).code != 0);
  out({"run", "-d", "--name", "killed", "busybox", "sleep", "60"});
  std::string code;
  std::thread waiter([&] { code = out({"wait", "killed"}); });
  std::this_thread::sleep_for(100ms);
  out({"kill", "killed"});
  waiter.join();
  CHECK(code == "137");
  out({"rm", "killed"});
}

TEST_CASE_FIXTURE(Cli, "cli: errors go to standard error, one line that names the thing") {
  const CommandResult done = cli({"run", "--rm", "nosuchimage"});
  CHECK(done.out.empty());
  CHECK(contains(done.err, "nosuchimage"));
  CHECK(lines_of(done.err).size() == 1);
  for (const std::string verb :
       {"start", "stop", "kill", "pause", "unpause", "wait", "logs", "rm", "inspect"}) {
    const CommandResult missing = cli({verb, "nosuch"});
    CHECK_MESSAGE(missing.code == 1, verb);
    CHECK_MESSAGE(contains(missing.err, "nosuch"), verb << ": " << missing.err);
  }
}

TEST_CASE_FIXTURE(Cli, "cli: run -i reads standard input") {
  CHECK(out({"run", "--rm", "-i", "busybox", "tr", "a-z", "A-Z"}, {.in = "hello\n"}) == "HELLO");
  CHECK(out({"run", "--rm", "busybox", "cat"}, {.in = "not read\n"}).empty());
  const std::string big(3 << 20, 'x');
  CHECK(out({"run", "--rm", "-i", "busybox", "wc", "-c"}, {.in = big}) ==
        std::to_string(big.size()));
}

TEST_CASE_FIXTURE(Cli, "cli: run, options of the process") {
  CHECK(
      out({"run", "--rm", "-e", "A=1", "--env", "B=2 3", "-e", "FROM_HOST", "busybox", "sh", "-c",
           "echo $A,$B,$FROM_HOST"},
          {.env = std::map<std::string, std::string>{
               {"FROM_HOST", "yes"}, {"PATH", "/usr/bin:/bin"}, {"HOME", "/tmp"}}}) == "1,2 3,yes");
  write_file(host.scratch / "env", "# comment\nC=4\n\nD=with = sign\n");
  CHECK(out({"run", "--rm", "--env-file", host.scratch / "env", "-e", "C=5", "busybox", "sh", "-c",
             "echo $C,$D"}) == "5,with = sign");
  CHECK(out({"run", "--rm", "-w", "/usr", "busybox", "pwd"}) == "/usr");
  CHECK(out({"run", "--rm", "--hostname", "here", "busybox", "hostname"}) == "here");
  CHECK(out({"run", "--rm", "--entrypoint", "echo", "busybox", "a", "b"}) == "a b");
  CHECK(out({"run", "--rm", "-u", "root", "busybox", "id", "-u"}) == "0");
  const CommandResult user = cli({"run", "--rm", "-u", "nosuch", "busybox", "id"});
  CHECK(user.code == 125);
  CHECK(contains(user.err, "nosuch"));
  // What follows the image belongs to the command.
  CHECK(out({"run", "--rm", "busybox", "echo", "--rm", "-it", "--name"}) == "--rm -it --name");
}

TEST_CASE_FIXTURE(Cli, "cli: run, options of the file system") {
  const fs::path dir = host.scratch / "volume";
  fs::create_directories(dir);
  write_file(dir / "file", "host\n");
  const std::string v = dir.string() + ":/v";
  CHECK(out({"run", "--rm", "-v", v, "busybox", "cat", "/v/file"}) == "host");
  CHECK(contains(cli({"run", "--rm", "-v", v, "busybox", "touch", "/v/x"}).err, "Read-only"));
  out({"run", "--rm", "-v", v + ":rw", "busybox", "touch", "/v/x"});
  CHECK(fs::exists(dir / "x"));
  CHECK(
      contains(cli({"run", "--rm", "-v", v + ":ro", "busybox", "touch", "/v/y"}).err, "Read-only"));
  CHECK(out({"run", "--rm", "--mount", "type=bind,source=" + dir.string() + ",target=/m", "busybox",
             "cat", "/m/file"}) == "host");
  CHECK(contains(out({"run", "--rm", "--mount", "type=tmpfs,target=/t,tmpfs-size=1m", "busybox",
                      "grep", " /t ", "/proc/mounts"}),
                 "size=1024k"));
  CHECK(contains(
      out({"run", "--rm", "--tmpfs", "/t:size=2m", "busybox", "grep", " /t ", "/proc/mounts"}),
      "size=2048k"));
  CHECK(contains(cli({"run", "--rm", "--read-only", "busybox", "touch", "/x"}).err, "Read-only"));
  const CommandResult missing = cli({"run", "--rm", "-v", "/nosuch/dir:/v", "busybox", "true"});
  CHECK(missing.code == 125);
  CHECK(contains(missing.err, "/nosuch/dir"));
  fs::remove_all(dir);
}

TEST_CASE_FIXTURE(Cli, "cli: run, options of the isolation") {
  const auto status = [&](Args options) {
    options.insert(options.begin(), {"run", "--rm"});
    options.insert(options.end(), {"busybox", "cat", "/proc/self/status"});
    return out(options);
  };
  CHECK(contains(status({}), "CapBnd:\t00000000800405fb"));
  CHECK(contains(status({"--cap-drop", "ALL"}), "CapBnd:\t0000000000000000"));
  CHECK(
      contains(status({"--cap-drop", "ALL", "--cap-add", "NET_RAW"}), "CapBnd:\t0000000000002000"));
  CHECK(contains(status({"--security-opt", "seccomp=unconfined"}), "Seccomp:\t0"));
  CHECK(cli({"run", "--rm", "--security-opt", "nonsense=1", "busybox"}).code == 125);
  CHECK(cli({"run", "--rm", "--cap-add", "NO_SUCH", "busybox"}).code == 125);
  CHECK(out({"run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net"}) == "lo");
  CHECK(out({"run", "--rm", "--network", "host", "busybox", "ls", "/sys/class/net"}) ==
        out({"run", "--rm", "--net=host", "busybox", "ls", "/sys/class/net"}));
}

TEST_CASE_FIXTURE(Cli, "cli: --plan prints the steps and runs nothing") {
  const std::string plan =
      out({"run", "--plan", "--name", "planned", "--hostname", "there", "busybox", "echo", "hi"});
  CHECK(lines_of(plan).size() > 20);
  CHECK(contains(plan, "overlay"));
  CHECK(contains(plan, "there"));
  CHECK(out({"ps", "-aq"}).empty());
}

TEST_CASE_FIXTURE(Cli, "cli: a detached container outlives the command") {
  const std::string id =
      out({"run", "-d", "--name", "server", "busybox", "sh", "-c", "echo started; sleep 60"});
  CHECK(matches(id, "^[0-9a-f]{64}$"));
  const std::string ps = out({"ps"});
  CHECK(matches(lines_of(ps)[0], "^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$"));
  REQUIRE(lines_of(ps).size() == 2);
  CHECK_MESSAGE(
      matches(ps, id.substr(0, 12) + " +busybox\\S* +\"sh -c .* (ago|second).*Up .* +server"), ps);
  CHECK(out({"ps", "-q"}) == id.substr(0, 12));
  CHECK(out({"ps", "-q", "--no-trunc"}) == id);
  CHECK(eventually([&] { return out({"logs", "server"}) == "started"; }));
  CHECK(out({"exec", "server", "echo", "in"}) == "in");
  CHECK(out({"inspect", "--format", "{{.State.Status}}", "server"}) == "running");
  CHECK(out({"stop", "-t", "0", "server"}) == "server");
  CHECK(out({"ps", "-q"}).empty());
  CHECK(matches(out({"ps", "-a"}), "Exited \\(137\\)"));
  CHECK(out({"inspect", "--format", "{{.State.ExitCode}}", "server"}) == "137");
  CHECK(out({"logs", "server"}) == "started");
  CHECK(out({"rm", "server"}) == "server");
  CHECK(out({"ps", "-aq"}).empty());
}

TEST_CASE_FIXTURE(Cli, "cli: create, start, stop, start again") {
  const std::string id = out({"create", "--name", "made", "busybox", "sh", "-c", "echo x"});
  CHECK(matches(out({"ps", "-a"}), "Created"));
  CHECK(out({"start", "made"}) == "made");
  CHECK(out({"wait", "made"}) == "0");
  CHECK(out({"start", "-a", "made"}) == "x");
  CHECK(out({"logs", "--tail", "1", "made"}) == "x");
  CHECK(out({"logs", "made"}) == "x\nx");
  CHECK(out({"rm", id}) == id);
}

TEST_CASE_FIXTURE(Cli, "cli: names are unique, rm wants force for one that runs") {
  out({"run", "-d", "--name", "one", "busybox", "sleep", "60"});
  const CommandResult again = cli({"run", "-d", "--name", "one", "busybox", "true"});
  CHECK(again.code == 125);
  CHECK(contains(again.err, "one"));
  CHECK(cli({"rm", "one"}).code == 1);
  CHECK(out({"rm", "-f", "one"}) == "one");
  CHECK(cli({"rm", "-f", "one"}).code == 0);
}

TEST_CASE_FIXTURE(Cli, "cli: --rm removes, also with -d") {
  out({"run", "-d", "--rm", "--name", "brief", "busybox", "sleep", "0.2"});
  CHECK(eventually([&] { return out({"ps", "-aq"}).empty(); }));
}

TEST_CASE_FIXTURE(Cli, "cli: a container of run without --rm stays, and can be started") {
  CHECK(cli({"run", "--name", "kept", "busybox", "sh", "-c", "exit 4"}).code == 4);
  CHECK(out({"inspect", "--format", "{{.State.ExitCode}}", "kept"}) == "4");
  out({"rm", "kept"});
}

TEST_CASE_FIXTURE(Cli, "cli: kill -s, stop signal") {
  out({"run", "-d", "--name", "trap", "--stop-signal", "INT", "busybox", "sh", "-c",
       "trap 'echo int; exit 5' INT; trap 'echo usr' USR1; echo ready; while :; do sleep 0.05; "
       "done"});
  CHECK(eventually([&] { return out({"logs", "trap"}) == "ready"; }));
  out({"kill", "-s", "USR1", "trap"});
  CHECK(eventually([&] { return out({"logs", "trap"}) == "ready\nusr"; }));
  out({"stop", "trap"});
  CHECK(out({"wait", "trap"}) == "5");
  out({"rm", "trap"});
}

TEST_CASE_FIXTURE(Cli, "cli: pause and unpause") {
  out({"run", "-d", "--name", "held", "busybox", "sleep", "60"});
  const CommandResult paused = cli({"pause", "held"});
  if (paused.code == 0) {
    CHECK(matches(out({"ps"}), "\\(Paused\\)"));
    CHECK(cli({"exec", "held", "true"}).code != 0);
    out({"unpause", "held"});
    CHECK_FALSE(matches(out({"ps"}), "\\(Paused\\)"));
  } else {
    CHECK(contains(paused.err, "cgroup"));
  }
  out({"rm", "-f", "held"});
}

TEST_CASE_FIXTURE(Cli, "cli: exec and its options") {
  out({"run", "-d", "--name", "box", "busybox", "sleep", "60"});
  CHECK(cli({"exec", "box", "sh", "-c", "exit 9"}).code == 9);
  CHECK(cli({"exec", "box", "nosuch"}).code == 127);
  CHECK(cli({"exec", "box", "/etc/passwd"}).code == 126);
  CHECK(out({"exec", "-i", "box", "cat"}, {.in = "typed\n"}) == "typed");
  CHECK(out({"exec", "-e", "A=b", "-w", "/etc", "box", "sh", "-c", "echo $A; pwd"}) == "b\n/etc");
  CHECK(out({"exec", "-t", "box", "tty"}).starts_with("/dev/pts/"));
  out({"exec", "-d", "box", "sh", "-c", "echo done > /tmp/mark"});
  CHECK(eventually([&] { return cli({"exec", "box", "cat", "/tmp/mark"}).out == "done\n"; }));
  out({"rm", "-f", "box"});
}

TEST_CASE_FIXTURE(Cli, "cli: logs") {
  out({"run", "-d", "--name", "talk", "busybox", "sh", "-c",
       "echo a; echo b; echo e >&2; sleep 0.3; echo c"});
  const CommandResult followed = cli({"logs", "-f", "talk"});
  CHECK(followed.out == "a\nb\nc\n");
  CHECK(followed.err == "e\n");
  CHECK(out({"logs", "-n", "1", "talk"}) == "c");
  CHECK(matches(out({"logs", "-t", "--tail", "1", "talk"}),
                "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z c$"));
  out({"rm", "-f", "talk"});
}

TEST_CASE_FIXTURE(Cli, "cli: stats") {
  out({"run", "-d", "--name", "busy", "busybox", "sleep", "60"});
  const std::string table = out({"stats", "--no-stream"});
  CHECK(matches(table,
                "^CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS"));
  CHECK(contains(table, "busy"));
  CHECK(out({"stats", "--no-stream", "--format", "{{.Name}}"}) == "busy");
  out({"rm", "-f", "busy"});
}

TEST_CASE_FIXTURE(Cli, "cli: ps filters and formats") {
  out({"run", "-d", "--name", "first", "--label", "kind=test", "busybox", "sleep", "60"});
  out({"create", "--name", "second", "busybox", "true"});
  CHECK(out({"ps", "-a", "--format", "{{.Names}}"}) == "second\nfirst");
  CHECK(out({"ps", "-a", "--filter", "name=sec", "--format", "{{.Names}}"}) == "second");
  CHECK(out({"ps", "-a", "--filter", "status=created", "--format", "{{.Names}}"}) == "second");
  CHECK(out({"ps", "-a", "--filter", "label=kind=test", "--format", "{{.Names}}"}) == "first");
  const std::string json = out({"ps", "--format", "json"});
  CHECK(contains(json, "\"Names\":\"first\""));
  CHECK(contains(json, "\"State\":\"running\""));
  out({"rm", "-f", "first", "second"});
}

TEST_CASE_FIXTURE(Cli, "cli: images, tag, rmi, import, save, load") {
  const std::string table = out({"images"});
  CHECK(matches(lines_of(table)[0], "^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$"));
  CHECK(matches(table, "busybox +latest +[0-9a-f]{12} "));
  const std::string id = out({"import", "-c", "CMD echo imported", host.busybox_root(), "mine:1"});
  CHECK(matches(id, "^sha256:[0-9a-f]{64}$"));
  CHECK(out({"run", "--rm", "mine:1"}) == "imported");
  out({"tag", "mine:1", "example.org/other:2"});
  CHECK(out({"images", "-q", "--no-trunc", "example.org/other"}) == id);
  CHECK(out({"images", "--format", "{{.Repository}}:{{.Tag}}", "mine"}) == "mine:1");
  const fs::path archive = host.scratch / "mine.tar";
  out({"save", "-o", archive, "mine:1"});
  CHECK(contains(out({"rmi", "mine:1"}), "Untagged: mine:1"));
  CHECK(contains(out({"rmi", "example.org/other:2"}), "Deleted: " + id));
  CHECK(cli({"rmi", "mine:1"}).code == 1);
  CHECK(out({"load", "-i", archive}) == "Loaded image: mine:1");
  CHECK(out({"run", "--rm", "mine:1"}) == "imported");
  out({"tag", "mine:1", "not-in-the-archive"});
  CHECK(out({"load", "-i", archive}) == "Loaded image: mine:1");
  out({"rmi", "not-in-the-archive"});
  const std::string bytes = read_file(archive);
  out({"image", "rm", "mine:1"});
  CHECK(out({"load"}, {.in = bytes}) == "Loaded image: mine:1");
  CHECK(out({"image", "inspect", "--format", "{{.Id}}", "mine:1"}) == id);
  out({"rmi", "mine:1"});
  CHECK(out({"images", "-q"}).size() == 12);
  fs::remove(archive);
}

TEST_CASE_FIXTURE(Cli, "cli: inspect of a damaged image says so, not that there is none") {
  const fs::path own = host.scratch / "damaged";
  const Args start = {CONTAINERLIB_COMMAND, "--root", own / "data", "--run-root", own / "run"};
  const auto in_own = [&](Args args) {
    args.insert(args.begin(), start.begin(), start.end());
    return command(args);
  };
  const std::string id = without_newline(in_own({"import", host.busybox_root(), "bad"}).out);
  write_file(own / "data/blobs/sha256" / id.substr(7), "{}");
  const CommandResult done = in_own({"inspect", "bad"});
  CHECK(done.code == 1);
  CHECK_MESSAGE(contains(done.err, "its content has changed"), done.err);
  CHECK(contains(in_own({"inspect", "nosuch"}).err, "nor is there such an image"));
  in_own({"rmi", "bad"});
  fs::remove_all(own);
}

TEST_CASE_FIXTURE(Cli, "cli: version and info") {
  CHECK(contains(out({"version"}), std::string(cl::version())));
  CHECK(contains(out({"--version"}), std::string(cl::version())));
  const std::string info = out({"info"});
  for (const std::string word : {"memory", "cpu", "cpuset", "pids", "io"})
    CHECK_MESSAGE(contains(info, word), word);
  CHECK(contains(info, host.root.string()));
}

TEST_CASE_FIXTURE(Cli, "cli: help of every verb") {
  for (const std::string verb :
       {"run",    "create", "start", "stop", "kill",    "pause", "unpause", "wait",
        "exec",   "logs",   "stats", "ps",   "inspect", "rm",    "images",  "load",
        "import", "save",   "tag",   "rmi",  "version", "info"}) {
    const std::string help = out({verb, "--help"});
    CHECK_MESSAGE(contains(help, "Usage:"), verb);
    CHECK_MESSAGE(contains(out({"--help"}), verb), verb);
  }
}

TEST_CASE_FIXTURE(Cli, "cli: signals to the command reach the container") {
  Background run({CONTAINERLIB_COMMAND, "--root", host.root, "--run-root", host.run_root, "run",
                  "--rm", "busybox", "sh", "-c",
                  "trap 'echo caught; exit 6' TERM; echo ready; while :; do sleep 0.05; done"});
  CHECK(run.read_line() == "ready");
  run.kill(SIGTERM);
  CHECK(run.read_line() == "caught");
  CHECK(run.wait() == 6);
}

TEST_CASE_FIXTURE(Cli, "cli: killed, run takes its container along") {
  {
    Background run({CONTAINERLIB_COMMAND, "--root", host.root, "--run-root", host.run_root, "run",
                    "--rm", "--name", "attached", "busybox", "sh", "-c", "echo ready; sleep 60"});
    CHECK(run.read_line() == "ready");
    run.kill(SIGKILL);
    run.wait();
  }
  CHECK(eventually([&] { return out({"ps", "-aq"}).empty(); }, 3s));
}

TEST_CASE_FIXTURE(Cli, "cli: run --cidfile") {
  const fs::path file = host.scratch / "cid";
  fs::remove(file);
  const std::string id = out({"run", "-d", "--cidfile", file, "busybox", "true"});
  CHECK(read_file(file) == id);
  CHECK(cli({"run", "-d", "--cidfile", file, "busybox", "true"}).code == 125);
  out({"wait", id});
  out({"rm", id});
}

TEST_SUITE_BEGIN("cgroup");

TEST_CASE_FIXTURE(Cli, "cli: limits") {
  struct Case {
    const char *controller, *flag, *value;
  };
  for (const Case& c : {Case{"memory", "-m", "64m"}, Case{"cpu", "--cpus", "0.5"},
                        Case{"pids", "--pids-limit", "20"}, Case{"cpuset", "--cpuset-cpus", "0"}}) {
    const CommandResult done = cli({"run", "--rm", c.flag, c.value, "busybox", "true"});
    if (no_controller(runtime(), c.controller).empty()) {
      CHECK_MESSAGE(done.code == 0, done.err);
    } else {
      CHECK(done.code == 125);
      CHECK_MESSAGE(contains(done.err, c.controller), done.err);
    }
  }
  CHECK(cli({"run", "--rm", "--cpus", "-1", "busybox", "true"}).code == 125);
  CHECK(cli({"run", "--rm", "-m", "1k", "busybox", "true"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: out of memory is said on standard error") {
  const std::string reason = no_controller(runtime(), "memory");
  SKIP_IF(!reason.empty(), reason);
  const CommandResult done = cli({"run", "--rm", "-m", "32m", "--memory-swap", "32m", "busybox",
                                  "sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' a)"});
  CHECK(done.code == 137);
  CHECK(contains(done.err, "out of memory (32 MiB)"));
}

TEST_SUITE_END();
