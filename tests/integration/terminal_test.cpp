// A pseudo-terminal as the container's three streams.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "integration/fixture.hpp"

using namespace tests;

namespace {

// What the terminal shows until `part` is in it, or ten seconds have passed.
std::string read_until(int terminal, const std::string& part) {
  std::string seen;
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!contains(seen, part) && std::chrono::steady_clock::now() < end) {
    pollfd polled = {terminal, POLLIN, 0};
    if (::poll(&polled, 1, 100) != 1) continue;
    char buffer[4096];
    const ssize_t size = ::read(terminal, buffer, sizeof buffer);
    if (size <= 0) break;
    seen.append(buffer, static_cast<std::size_t>(size));
  }
  return seen;
}

void type(int terminal, const std::string& keys) {
  REQUIRE(::write(terminal, keys.data(), keys.size()) == ssize_t(keys.size()));
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "terminal: run() collects it in `out`") {
  const cl::Completed done =
      run({"sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo all"}, {.tty = true});
  CHECK(done.status.success());
  CHECK(done.out == "all\r\n");
  CHECK(done.err.empty());
}

TEST_CASE_FIXTURE(Containers, "terminal: size, resize and SIGWINCH") {
  cl::Container container = start(
      {"sh", "-c", "trap 'stty size' WINCH; stty size; echo ready; while :; do sleep 0.05; done"},
      {.tty = true, .terminal_size = {.rows = 11, .columns = 22}});
  const cl::Fd terminal = container.take_terminal();
  REQUIRE(terminal);
  CHECK_FALSE(container.take_terminal());
  CHECK(contains(read_until(terminal.get(), "ready"), "11 22"));
  container.resize({.rows = 44, .columns = 133});
  CHECK(contains(read_until(terminal.get(), "44 133"), "44 133"));
  winsize size = {};
  CHECK(::ioctl(terminal.get(), TIOCGWINSZ, &size) == 0);
  CHECK(size.ws_row == 44);
  CHECK(size.ws_col == 133);
}

TEST_CASE_FIXTURE(Containers, "terminal: it echoes, and control-C interrupts") {
  cl::Container container = start({"sh", "-c",
                                   "trap 'echo interrupted; exit 3' INT; echo ready; "
                                   "while read x; do echo \"<$x>\"; done"},
                                  {.tty = true});
  const cl::Fd terminal = container.take_terminal();
  REQUIRE(terminal);
  read_until(terminal.get(), "ready");
  type(terminal.get(), "hello\n");
  const std::string seen = read_until(terminal.get(), "<hello>");
  CHECK(contains(seen, "hello\r\n<hello>"));
  type(terminal.get(), "\x03");
  CHECK(contains(read_until(terminal.get(), "interrupted"), "interrupted"));
  CHECK(container.wait().code == 3);
}

TEST_CASE_FIXTURE(Containers, "terminal: it is the controlling terminal, and /dev/console") {
  cl::Container container =
      start({"sh", "-c", "echo a > /dev/tty; echo b > /dev/console; tty; ls /dev/pts; echo end"},
            {.tty = true});
  const cl::Fd terminal = container.take_terminal();
  const std::string seen = read_until(terminal.get(), "end");
  CHECK(contains(seen, "a\r\n"));
  CHECK(contains(seen, "b\r\n"));
  CHECK(contains(seen, "/dev/pts/0"));
  CHECK(container.wait().success());
}

TEST_CASE_FIXTURE(Containers, "terminal: of an exec'd process") {
  cl::Container container = start({"sleep", "60"});
  cl::Process process = container.spawn({"sh"}, {.tty = true});
  const cl::Fd terminal = process.take_terminal();
  REQUIRE(terminal);
  type(terminal.get(), "tty; exit 4\n");
  CHECK(contains(read_until(terminal.get(), "/dev/pts/"), "/dev/pts/"));
  CHECK(process.wait().code == 4);
}

TEST_CASE_FIXTURE(Containers, "terminal: detached, opened again after all of it was closed") {
  cl::Container container =
      start({"sh", "-c", "exec <&- >&- 2>&-; sleep 0.3; echo here again >/dev/console; exit 3"},
            {.tty = true, .on_host_death = cl::HostDeath::detach});
  CHECK(container.wait().code == 3);
  std::string log;
  for (const cl::LogLine& line : container.logs()) log += line.text;
  CHECK(contains(log, "here again"));
}

TEST_CASE_FIXTURE(Containers, "terminal: a user other than root owns it") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  const cl::Completed done =
      run({"sh", "-c", "echo x > $(tty) && stat -c %u $(tty)"}, {.user = "app", .tty = true});
  CHECK(done.out == "x\r\n1000\r\n");
}

TEST_CASE_FIXTURE(Containers, "terminal: none, no size to set") {
  cl::Container container = start({"sleep", "60"});
  CHECK_FALSE(container.take_terminal());
  CHECK(error_of([&] { container.resize({.rows = 1, .columns = 1}); }));
}
