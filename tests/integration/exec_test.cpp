// Commands run in a container beside its own.
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "integration/fixture.hpp"

using namespace tests;

TEST_CASE_FIXTURE(Containers, "exec: status and streams of its own") {
  cl::Container container = start({"sleep", "60"});
  const cl::Completed done = container.exec({"sh", "-c", "echo out; echo err >&2; exit 5"});
  CHECK(done.status.code == 5);
  CHECK(done.out == "out\n");
  CHECK(done.err == "err\n");
  CHECK(container.inspect().state == cl::ContainerState::running);
  bool logged = false;
  for ([[maybe_unused]] const cl::LogLine& line : container.logs()) logged = true;
  CHECK_FALSE(logged);  // its output is not the container's
}

TEST_CASE_FIXTURE(Containers, "exec: it is in the container") {
  cl::Container container = start({"sleep", "60"}, {.hostname = "inside"});
  const auto in = [&](const std::string& script) {
    return without_newline(container.exec({"sh", "-c", script}).out);
  };
  CHECK(in("hostname") == "inside");
  CHECK(in("cat /proc/1/cmdline | tr '\\0' ' '") == "sleep 60 ");
  for (const std::string ns : {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup"}) {
    const std::string link = std::string("readlink /proc/%/ns/") + ns;
    const auto of = [&](std::string who) {
      std::string text = link;
      return in(text.replace(text.find('%'), 1, who));
    };
    CHECK_MESSAGE(of("self") == of("1"), ns);
  }
  in("echo shared > /file");
  CHECK(in("cat /file") == "shared");
  CHECK(in("ls /sys/class/net") == "lo");
}

TEST_CASE_FIXTURE(Containers, "exec: as confined as the container") {
  cl::Container container = start({"sleep", "60"});
  const std::string keys = "^(Cap...|NoNewPrivs|Seccomp):";
  const auto status = [&](const std::string& pid) {
    return container.exec({"grep", "-E", keys, "/proc/" + pid + "/status"}).out;
  };
  CHECK(lines_of(status("1")).size() == 7);
  CHECK(status("self") == status("1"));
  CHECK(container.exec({"sh", "-c", "ls /proc/self/fd | wc -l"}).out == "4\n");
  CHECK(container.exec({"sh", "-c", "ulimit -c"}).out == "0\n");
}

TEST_CASE_FIXTURE(Containers, "exec: in the container's cgroups") {
  cl::Container container = start({"sleep", "60"});
  const std::string one = container.exec({"cat", "/proc/1/cgroup"}).out;
  CHECK(container.exec({"cat", "/proc/self/cgroup"}).out == one);
}

TEST_CASE_FIXTURE(Containers, "exec: environment and working directory") {
  cl::Container container =
      start({"sleep", "60"}, {.env = {{"A", "1"}, {"B", "1"}}, .cwd = "/tmp"});
  const cl::Completed done = container.exec({"sh", "-c", "echo $A $B $C; pwd"},
                                            {.env = {{"B", "2"}, {"C", "3"}}, .cwd = "/etc"});
  CHECK(done.out == "1 2 3\n/etc\n");
  CHECK(container.exec({"pwd"}).out == "/tmp\n");
}

TEST_CASE_FIXTURE(Containers,
                  "exec: a working directory that is missing is an error and is not made") {
  cl::Container container = start({"sleep", "60"});
  const auto result = container.try_exec({"true"}, {.cwd = "/missing"});
  REQUIRE_FALSE(result);
  CHECK(result.error().subject() == "/missing");
  CHECK(container.exec({"ls", "/missing"}).status.code == 1);
}

TEST_CASE_FIXTURE(Containers, "exec: the user") {
  cl::Container container = start({"sleep", "60"});
  const auto error = error_of([&] { container.exec({"true"}, {.user = "nosuch"}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::unknown_user);
  CHECK(container.exec({"id", "-u"}).out == "0\n");
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  CHECK(container.exec({"id", "-u"}, {.user = "app"}).out == "1000\n");
  CHECK(container.exec({"id", "-G"}, {.user = "app"}).out == "1000 2000\n");
  CHECK(container.exec({"sh", "-c", "echo $HOME"}, {.user = "app"}).out == "/home/app\n");
  CHECK(container.exec({"grep", "CapEff", "/proc/self/status"}, {.user = "app"}).out ==
        "CapEff:\t0000000000000000\n");
}

TEST_CASE_FIXTURE(Containers, "exec: the container's user is the default") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  cl::Container container = start({"sleep", "60"}, {.user = "app"});
  CHECK(container.exec({"id", "-u"}).out == "1000\n");
  CHECK(container.exec({"id", "-u"}, {.user = "root"}).out == "0\n");
}

TEST_CASE_FIXTURE(Containers, "exec: missing and unusable commands") {
  cl::Container container = start({"sleep", "60"});
  const auto missing = error_of([&] { container.exec({"nosuch"}); });
  REQUIRE(missing);
  CHECK(missing->code() == cl::Errc::command_not_found);
  const auto unusable = error_of([&] { container.exec({"/etc/passwd"}); });
  REQUIRE(unusable);
  CHECK(unusable->code() == cl::Errc::not_executable);
  const auto empty = error_of([&] { container.exec({}); });
  REQUIRE(empty);
  CHECK(empty->code() == cl::Errc::invalid_option);
  CHECK(container.exec({"true"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "exec: input from a pipe, and signals") {
  cl::Container container = start({"sleep", "60"});
  cl::Process process =
      container.spawn({"cat"}, {.in = cl::Stream::pipe(), .out = cl::Stream::pipe()});
  CHECK(process.pid() > 0);
  cl::Fd in = process.take_in(), out = process.take_out();
  REQUIRE(::write(in.get(), "abc", 3) == 3);
  char buffer[8] = {};
  CHECK(::read(out.get(), buffer, sizeof buffer) == 3);
  CHECK_FALSE(process.try_wait());
  CHECK_FALSE(process.wait_for(20ms));
  process.kill(SIGTERM);
  const cl::ExitStatus status = process.wait();
  CHECK(status.kind == cl::ExitStatus::Kind::signaled);
  CHECK(status.code == SIGTERM);
  CHECK(process.try_wait()->code == SIGTERM);
}

TEST_CASE_FIXTURE(Containers, "exec: the destructor of a Process ends it") {
  cl::Container container = start({"sleep", "60"});
  { const cl::Process process = container.spawn({"sleep", "1234"}); }
  CHECK(eventually([&] { return !contains(container.exec({"ps"}).out, "sleep 1234"); }));
}

TEST_CASE_FIXTURE(Containers, "exec: the time limit") {
  cl::Container container = start({"sleep", "60"});
  const cl::Completed done = container.exec({"sleep", "50"}, {.timeout = 200ms});
  CHECK(done.status.kind == cl::ExitStatus::Kind::timed_out);
  CHECK_FALSE(contains(container.exec({"ps"}).out, "sleep 50"));
}

TEST_CASE_FIXTURE(Containers, "exec: a stop kills the command and nothing else") {
  cl::Container container = start({"sleep", "60"});
  std::stop_source source;
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    source.request_stop();
  });
  const auto error = error_of([&] {
    container.exec({"sleep", "50"}, {.stop = source.get_token()});
  });
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  REQUIRE(error);
  CHECK(error->code() == std::errc::operation_canceled);
  CHECK_FALSE(contains(container.exec({"ps"}).out, "sleep 50"));
  const auto late = error_of([&] {
    container.exec({"touch", "/started"}, {.stop = source.get_token()});
  });
  REQUIRE(late);
  CHECK(late->code() == std::errc::operation_canceled);
  CHECK(container.exec({"ls", "/started"}).status.code == 1);
}

TEST_CASE_FIXTURE(Containers, "exec: what on_wait throws kills the command") {
  cl::RuntimeOptions options = host.options();
  bool interrupted = true;
  options.on_wait = [&] {
    if (interrupted) throw std::runtime_error("interrupted");
  };
  cl::Runtime asking(options);
  cl::Container container = asking.start(asking.image("busybox"), {.args = {"sleep", "60"}});
  CHECK_THROWS_WITH(container.exec({"sleep", "50"}), "interrupted");
  interrupted = false;
  CHECK_FALSE(contains(container.exec({"ps"}).out, "sleep 50"));
}

TEST_CASE_FIXTURE(Containers, "exec: a terminal") {
  cl::Container container = start({"sleep", "60"});
  const cl::Completed done =
      container.exec({"sh", "-c", "tty; stty size; echo err >&2"},
                     {.tty = true, .terminal_size = {.rows = 33, .columns = 99}});
  CHECK(done.status.success());
  CHECK(contains(done.out, "/dev/pts/"));
  CHECK(contains(done.out, "33 99"));
  CHECK(contains(done.out, "err"));
}

TEST_CASE_FIXTURE(Containers, "exec: not in a paused container, nor in one that has ended") {
  cl::Container container = start({"sleep", "60"});
  if (container.try_pause()) {
    const auto paused = error_of([&] { container.exec({"true"}); });
    CHECK(paused);
    if (paused) CHECK(contains(paused->what(), "paused"));
    container.resume();
  }
  container.kill();
  container.wait();
  const auto ended = error_of([&] { container.exec({"true"}); });
  REQUIRE(ended);
  CHECK(ended->code() == cl::Errc::not_running);
}

TEST_CASE_FIXTURE(Containers, "exec: ends with the container") {
  cl::Container container = start({"sleep", "60"});
  cl::Process process = container.spawn({"sleep", "50"});
  container.kill();
  CHECK(container.wait().shell_code() == 137);
  CHECK(process.wait().shell_code() == 137);
}

TEST_CASE_FIXTURE(Containers, "exec: many at once") {
  cl::Container container = start({"sleep", "60"});
  std::vector<std::thread> threads;
  std::vector<std::string> out(6);
  for (std::size_t i = 0; i < out.size(); ++i)
    threads.emplace_back([&, i] { out[i] = container.exec({"echo", std::to_string(i)}).out; });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i] == std::to_string(i) + "\n");
}
