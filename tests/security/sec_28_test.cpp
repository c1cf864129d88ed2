// SEC-28: a container that shares its caller's terminal types commands into it, by TIOCSTI or by a
// paste (CVE-2017-5226, CVE-2019-10063, CVE-2023-28100).
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "integration/oci_bundle.hpp"
#include "security/hostile_program.hpp"

using namespace tests;

namespace {

/// Runs a program with a terminal that is its controlling one, as a login shell has it; what came
/// out of it.
std::string in_terminal(const Args& args, const std::filesystem::path& cwd) {
  int master = -1;
  const pid_t pid = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (pid == 0) {
    std::vector<char*> argv;
    for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    if (::chdir(cwd.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(99);
  }
  std::string out;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(master, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(n));
  ::close(master);
  ::waitpid(pid, nullptr, 0);
  return out;
}

/// Field 7 of proc_pid_stat(5): the controlling terminal.
constexpr const char* look =
    "(: </dev/tty) 2>/dev/null && echo has a terminal; set -- $(cat /proc/self/stat);"
    " echo terminal $7 end";

}  // namespace

TEST_CASE("SEC-28 the terminal of the OCI command's caller is not the container's") {
  OciBundle bundle;
  bundle.configure({.args = {"sh", "-c", look}});
  const std::string seen = in_terminal(bundle.line({"run", bundle.new_id()}), bundle.dir());
  CHECK_MESSAGE(contains(seen, "terminal 0 end"), seen);
  CHECK_MESSAGE(!contains(seen, "has a terminal"), seen);
  bundle.configure();
  const std::string id = bundle.running();
  const std::string added = in_terminal(bundle.line({"exec", id, "sh", "-c", look}), bundle.dir());
  CHECK_MESSAGE(contains(added, "terminal 0 end"), added);
  CHECK_MESSAGE(!contains(added, "has a terminal"), added);
  bundle.remove(id);
}

TEST_CASE_FIXTURE(Containers, "SEC-28 a terminal that is given as a stream is no controlling one") {
  int master = -1, slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const cl::Fd ours(master), theirs(slave);
  CHECK(contains(run({"sh", "-c", look}, {.in = cl::Stream::to(slave)}).out, "terminal 0 end"));
  // It is nobody's here, so a program of the container can take it; not the text into it, though.
  const std::string calls =
      run({"/hostile", "calls"}, {.mounts = with_hostile, .in = cl::Stream::to(slave)}).out;
  for (const char* call : {"tiocsti", "tiocsti_high", "tioclinux", "tioclinux_high"})
    CHECK_MESSAGE(contains(calls, std::string(call) + " EPERM\n"), calls);
  ::fcntl(master, F_SETFL, O_NONBLOCK);
  char typed = 0;
  CHECK(::read(master, &typed, 1) <= 0);
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-28 nothing can be typed into a container's own terminal by its programs") {
  cl::Container container = start({"sleep", "60"}, {.mounts = with_hostile});
  const std::string calls = container.exec({"/hostile", "calls"}, {.tty = true}).out;
  for (const char* call : {"tiocsti", "tiocsti_high", "tioclinux", "tioclinux_high"})
    CHECK_MESSAGE(contains(calls, std::string(call) + " EPERM"), calls);
}
