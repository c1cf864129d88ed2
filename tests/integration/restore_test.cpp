// A restore that is stopped in the middle. The fault is made by a program that speaks criu's
// protocol.
#include <csignal>
#include <cstdlib>

#include "integration/checkpoint_place.hpp"
#include "integration/cli_fixture.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

/// Speaks criu's protocol and does nothing but to be stopped in the middle: a restored process is
/// made, and then it waits, fails or answers, as the file "what" beside it says. Works on any
/// kernel.
const char* const fake_criu = R"(#!/usr/bin/env python3
import ctypes, os, pathlib, platform, signal, socket, sys, time
beside = pathlib.Path(__file__).parent
to = socket.socket(fileno=int(sys.argv[2]))
request = to.recv(1 << 16)
def notify(script):
    inner = b"\x0a" + bytes([len(script)]) + script
    to.send(b"\x08\x06\x10\x01\x2a" + bytes([len(inner)]) + inner)
    to.recv(1 << 16)
def varint(n):
    return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
if request[1] == 1:
    notify(b"post-dump")
    to.send(b"\x08\x01\x10\x01")
    sys.exit()
clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
CLONE_PARENT, CLONE_NEWPID = 0x8000, 0x20000000
pid = ctypes.CDLL(None).syscall(clone, CLONE_PARENT | CLONE_NEWPID | signal.SIGCHLD, 0, 0, 0, 0)
if pid == 0:
    to.close()
    print("restored", flush=True)
    time.sleep(1000)
(beside / "pid.new").write_text(str(pid))
(beside / "pid.new").rename(beside / "pid")
what = (beside / "what").read_text()
if what == "wait":
    time.sleep(1000)
answer = b"\x08" + varint(pid)
to.send(b"\x08\x02\x10" + (b"\x01" if what == "answer" else b"\x00") + b"\x22" + bytes([len(answer)]) + answer)
)";

/// A container of the command line, written to a place by the fake.
class Faked {
 public:
  explicit Faked(const std::string& what, cl::HostDeath on_host_death = cl::HostDeath::detach) {
    fs::create_directory(place.other);
    write_file(place.other / "criu", fake_criu);
    write_file(place.other / "what", what);
    fs::permissions(place.other / "criu", fs::perms::owner_all);
    cl::Container web =
        cli.start({"sleep", "1000"}, {.name = "web", .on_host_death = on_host_death});
    cli.out({"checkpoint", "--criu", place.other / "criu", "web", place.path});
  }
  Args restore() const {
    return cli.words({"restore", "--criu", place.other / "criu", "--name", "again", place.path});
  }
  /// Of the process that was restored; 0: not yet.
  int pid() const { return std::atoi(read_file(place.other / "pid").c_str()); }

  Cli cli;
  const Place place{cli};
};

bool is_there(int pid) { return fs::exists("/proc/" + std::to_string(pid)); }

}  // namespace

TEST_CASE("restore: what criu has made is the container's process from its answer on") {
  SKIP_IF(!is_root() || !has_program("python3"), "needs root and python3");
  Faked faked("answer");
  const CommandResult restored = command(faked.restore());
  INFO(restored.err);
  REQUIRE(restored.code == 0);
  cl::Container again = *faked.cli.runtime().find("again");
  CHECK(again.inspect().pid == faked.pid());
  CHECK(eventually([&] { return all_log(again) == "restored\n"; }));
  CHECK(again.stop(0s).code == SIGKILL);
  CHECK(!is_there(faked.pid()));
  again.remove();
}

TEST_CASE("restore: when criu fails, what it has made is gone with it") {
  SKIP_IF(!is_root() || !has_program("python3"), "needs root and python3");
  Faked faked("fail");
  const CommandResult failed = command(faked.restore());
  CHECK(failed.code == 1);
  CHECK(failed.err.find("it gave no reason") != std::string::npos);
  CHECK(!is_there(faked.pid()));
  CHECK(faked.cli.runtime().containers().empty());
}

TEST_CASE("restore: when the host dies, what criu has made until then goes, and criu") {
  SKIP_IF(!is_root() || !has_program("python3"), "needs root and python3");
  cl::HostDeath on_host_death = cl::HostDeath::kill;
  SUBCASE("with its containers") {}
  SUBCASE("not with its containers") { on_host_death = cl::HostDeath::detach; }
  Faked faked("wait", on_host_death);
  Background host(faked.restore());
  REQUIRE(eventually([&] { return faked.pid() > 0; }, std::chrono::seconds(20)));
  host.kill(SIGKILL);
  host.wait();
  CHECK(eventually([&] { return !is_there(faked.pid()); }));
  faked.cli.close();  // what is left in the store is removed by the next that opens it
  cl::Runtime next(faked.cli.host.options());
  CHECK(next.containers().empty());
}
