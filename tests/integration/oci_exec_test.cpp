// Further programs in a container, by the command containerlib-runtime.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "integration/oci_bundle.hpp"
#include "support/skip.hpp"

using namespace tests;

namespace {

bool is_root() { return ::geteuid() == 0; }

/// A container that runs, and exec in it.
struct Running {
  OciBundle bundle;
  std::string id;

  Running() : id(bundle.running()) {}
  ~Running() { CHECK(bundle.remove_reaping(id).code == 0); }
  CommandResult exec(std::vector<std::string> options, const std::vector<std::string>& program) {
    options.insert(options.begin(), "exec");
    options.push_back(id);
    options.insert(options.end(), program.begin(), program.end());
    return bundle.runtime(options);
  }
  std::string output_of(const std::vector<std::string>& options, const std::string& script) {
    const CommandResult result = exec(options, {"sh", "-c", script});
    INFO(result.err);
    CHECK(result.code == 0);
    return result.out;
  }
};

}  // namespace

TEST_CASE("exec ends as its program does") {
  Running c;
  CHECK(c.exec({}, {"true"}).code == 0);
  CHECK(c.exec({}, {"sh", "-c", "exit 3"}).code == 3);
  CHECK(c.exec({}, {"sh", "-c", "kill -9 $$"}).code == 128 + SIGKILL);
  const CommandResult missing = c.exec({}, {"no-such-program"});
  CHECK(missing.code == 127);
  CHECK(contains(missing.err, "\"no-such-program\": executable file not found in $PATH"));
  const CommandResult forbidden = c.exec({}, {"/etc/passwd"});
  CHECK(forbidden.code == 126);
  CHECK(contains(forbidden.err, "permission denied"));
  CHECK(c.bundle.status(c.id) == "running");
}

TEST_CASE("exec starts from the container's own process") {
  Running c;
  CHECK(c.output_of({}, "pwd; echo $PATH; id -u; cat /proc/1/comm") == "/\n/bin\n0\nsleep\n");
  CHECK(c.output_of({}, "grep CapEff /proc/self/status") ==
        "CapEff:\t0000000000000020\n");  // CAP_KILL
}

TEST_CASE("what follows the command's name belongs to the command") {
  Running c;
  CHECK(c.exec({}, {"echo", "--env", "-t", "--", "x"}).out == "--env -t -- x\n");
  CHECK(c.exec({}, {"--", "echo", "-n", "x"}).out == "x");
}

TEST_CASE("exec takes a directory, an environment, and a user") {
  Running c;
  CHECK(c.output_of({"--cwd", "/etc"}, "pwd") == "/etc\n");
  CHECK(c.output_of({"--env", "A=1", "-e", "B=x=y", "--env=PATH=/usr/bin:/bin"},
                    "echo $A $B $PATH") == "1 x=y /usr/bin:/bin\n");
  CHECK(c.exec({"--cwd", "/nowhere"}, {"true"}).code != 0);
  CHECK(c.output_of({"--no-new-privs"}, "grep NoNewPrivs /proc/self/status") == "NoNewPrivs:\t1\n");
  CHECK(c.output_of({"--cap", "CAP_SYS_CHROOT", "-c", "CHOWN"}, "grep CapEff /proc/self/status") ==
        "CapEff:\t0000000000040021\n");
  CHECK(c.exec({"--cap", "CAP_NONSENSE"}, {"true"}).code == 1);
  SKIP_IF(!is_root(), "needs root");
  CHECK(c.output_of({"--user", "1000:2000", "-g", "3000", "--additional-gids=4000"},
                    "id -u; id -g; id -G") == "1000\n2000\n2000 3000 4000\n");
  CHECK(c.exec({"--user", "app"}, {"true"}).code == 1);
}

TEST_CASE("exec takes a description of the process") {
  Running c;
  write_file(c.bundle.dir() / "process.json",
             R"({"cwd": "/etc", "args": ["sh", "-c", "pwd; echo $WHO; exit 4"],)"
             R"( "env": ["PATH=/bin", "WHO=me"], "user": {"uid": 0, "gid": 0}})");
  const CommandResult result = c.exec({"--process", "process.json"}, {});
  CHECK(result.code == 4);
  CHECK(result.out == "/etc\nme\n");
  CHECK(c.exec({"-p", "nothing.json"}, {}).code == 1);
  CHECK(c.exec({}, {}).code == 1);
}

TEST_CASE("exec --detach returns when the program runs, and writes its pid") {
  Running c;
  const CommandResult result = c.bundle.detached(
      {"exec", "--detach", "--pid-file", "exec.pid", c.id, "sh", "-c", "echo up; exec sleep 1000"});
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(eventually([&] { return c.bundle.output() == "up\n"; }));
  const std::string pid = read_file(c.bundle.dir() / "exec.pid");
  CHECK(eventually([&] { return read_file("/proc/" + pid + "/comm") == "sleep\n"; }));
  CHECK(c.bundle.detached({"exec", "-d", c.id, "no-such-program"}).code == 127);
  if (is_root()) CHECK(contains(c.bundle.runtime({"ps", "--format", "json", c.id}).out, pid));
  CHECK(c.bundle.remove_reaping(c.id).code == 0);
  CHECK(c.bundle.leaks() == "");
}

TEST_CASE("exec in a container that does not run is refused") {
  OciBundle bundle;
  CHECK(contains(bundle.runtime({"exec", bundle.new_id(), "true"}).err, "does not exist"));
  const std::string id = bundle.running();
  CHECK(bundle.runtime({"kill", id, "KILL"}).code == 0);
  CHECK(eventually([&] { return bundle.status(id) == "stopped"; }));
  const CommandResult refused = bundle.runtime({"exec", id, "true"});
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "cannot exec in a stopped container"));
  bundle.remove(id);
}

TEST_CASE("exec in a created container works, as hooks of engines need it") {
  OciBundle bundle;
  const std::string id = bundle.new_id();
  REQUIRE(bundle.create(id).code == 0);
  CHECK(bundle.runtime({"exec", id, "sh", "-c", "echo in"}).out == "in\n");
  CHECK(bundle.status(id) == "created");
  bundle.remove(id);
}

TEST_CASE("a signal that comes while exec waits goes to its program") {
  Running c;
  Background exec(c.bundle.line(
      {"exec", c.id, "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done"}));
  REQUIRE(exec.read_line() == "ready");
  exec.kill(SIGTERM);
  CHECK(exec.wait() == 9);
  CHECK(c.bundle.status(c.id) == "running");
}

TEST_CASE("an exec'd program is in the container's groups and namespaces") {
  Running c;
  CHECK(c.output_of({}, "cat /proc/self/cgroup") == c.output_of({}, "cat /proc/1/cgroup"));
  for (const std::string ns : {"mnt", "pid", "net", "ipc", "uts", "user"}) {
    CAPTURE(ns);
    CHECK(c.output_of({}, "readlink /proc/self/ns/" + ns) ==
          c.output_of({}, "readlink /proc/1/ns/" + ns));
  }
}
