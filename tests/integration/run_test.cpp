// Runtime::run(): what the command gets, how its end is told, where its output goes.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "integration/fixture.hpp"

using namespace tests;

namespace {

/// What a host's on_wait may throw.
struct Interrupted {};

/// At once, where the fixture's own check has patience.
bool nothing_runs(const Host& host) {
  return std::filesystem::is_empty(host.run_root / "containers") &&
         std::filesystem::is_empty(host.root / "containers");
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "run: arguments arrive as they are") {
  const cl::Completed done = run({"printf", "%s|", "a b", "", "$HOME", "ä", "line\nbreak"});
  CHECK(done.status.success());
  CHECK(done.out == "a b||$HOME|ä|line\nbreak|");
  CHECK(done.err.empty());
}

TEST_CASE_FIXTURE(Containers, "run: environment is the image's, then the options'") {
  const cl::Image image = runtime().import(
      host.busybox_root(),
      {.tag = "environment", .command = {"env"}, .env = {{"A", "image"}, {"B", "image"}}});
  const std::string env = runtime().run(image, {.env = {{"B", "option"}, {"C", "x=y"}}}).out;
  CHECK(contains(env, "A=image\n"));
  CHECK(contains(env, "B=option\n"));
  CHECK_FALSE(contains(env, "B=image"));
  CHECK(contains(env, "C=x=y\n"));
  CHECK(contains(env, "PATH="));
  runtime().remove_image("environment");
}

TEST_CASE_FIXTURE(Containers, "run: HOME and HOSTNAME are set") {
  CHECK(shell("echo $HOME") == "/root");
  CHECK(shell("echo $HOSTNAME; hostname", {.hostname = "here"}) == "here\nhere");
}

TEST_CASE_FIXTURE(Containers, "run: working directory") {
  CHECK(shell("pwd") == "/");
  CHECK(shell("pwd", {.cwd = "/usr/bin"}) == "/usr/bin");
  CHECK(shell("pwd; ls", {.cwd = "/new/one"}) == "/new/one");
}

TEST_CASE_FIXTURE(Containers, "run: the user by number and by name") {
  CHECK(shell("id -u; id -g") == "0\n0");
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  CHECK(shell("id -u; id -g; id -G", {.user = "app"}) == "1000\n1000\n1000 2000");
  CHECK(shell("id -u; id -g", {.user = "app:extra"}) == "1000\n2000");
  CHECK(shell("id -u; id -g", {.user = "1000"}) == "1000\n1000");
  CHECK(shell("id -u; id -g", {.user = "4321:1234"}) == "4321\n1234");
  CHECK(shell("id -u; id -g", {.user = "4321"}) == "4321\n0");
  CHECK(shell("echo $HOME", {.user = "app"}) == "/home/app");
}

TEST_CASE_FIXTURE(Containers, "run: an unknown user is an error that names it") {
  const auto error = error_of([&] { run({"true"}, {.user = "nosuch"}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::unknown_user);
  CHECK(contains(error->what(), "nosuch"));
  const auto group = error_of([&] { run({"true"}, {.user = "root:nosuch"}); });
  REQUIRE(group);
  CHECK(group->code() == cl::Errc::unknown_user);
}

TEST_CASE_FIXTURE(Containers, "run: entry point and command") {
  const cl::Image image =
      runtime().import(host.busybox_root(),
                       {.tag = "entry", .entrypoint = {"echo", "entry"}, .command = {"command"}});
  CHECK(runtime().run(image).out == "entry command\n");
  CHECK(runtime().run(image, {.args = {"mine"}}).out == "entry mine\n");
  // As docker: an entry point of one's own drops the image's command.
  CHECK(runtime().run(image, {.entrypoint = Args{"echo", "other"}}).out == "other\n");
  CHECK(runtime().run(image, {.args = {"echo", "x"}, .entrypoint = Args{}}).out == "x\n");
  runtime().remove_image("entry");
}

TEST_CASE_FIXTURE(Containers, "run: no command at all is a wrong option") {
  const cl::Image image = runtime().import(host.busybox_root(), {.tag = "bare"});
  const auto error = error_of([&] { runtime().run(image); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::invalid_option);
  CHECK(contains(error->what(), "args"));
  runtime().remove_image("bare");
}

TEST_CASE_FIXTURE(Containers, "run: exit codes") {
  for (const int code : {0, 1, 3, 125, 126, 127, 255}) {
    const cl::ExitStatus status = run({"sh", "-c", "exit " + std::to_string(code)}).status;
    CHECK(status.kind == cl::ExitStatus::Kind::exited);
    CHECK(status.code == code);
    CHECK(status.success() == (code == 0));
  }
  CHECK(run({"sh", "-c", "exit 3"}).status.message() == "exited with 3");
}

TEST_CASE_FIXTURE(Containers, "run: an end by a signal") {
  // Process 1 is immune to its own signals, so a child of the host's choosing must end it.
  cl::Container container = start({"sleep", "60"});
  container.kill(SIGKILL);
  const cl::ExitStatus status = container.wait();
  CHECK(status.kind == cl::ExitStatus::Kind::signaled);
  CHECK(status.code == SIGKILL);
  CHECK(status.shell_code() == 137);
  CHECK(status.message() == "killed by SIGKILL");
}

TEST_CASE_FIXTURE(Containers, "run: check() throws what the workload did") {
  try {
    run({"sh", "-c", "echo no >&2; exit 7"}).check();
    FAIL("nothing thrown");
  } catch (const cl::ExitError& error) {
    CHECK(error.completed().status.code == 7);
    CHECK(error.completed().err == "no\n");
    CHECK(contains(error.what(), "exited with 7"));
  }
}

TEST_CASE_FIXTURE(Containers, "run: a missing command is command_not_found") {
  for (const std::string command : {"nosuch", "/bin/nosuch", "/nosuch/program"}) {
    const auto error = error_of([&] { run({command}); });
    REQUIRE(error);
    CHECK(error->code() == cl::Errc::command_not_found);
    CHECK(contains(error->what(), command));
  }
}

TEST_CASE_FIXTURE(Containers, "run: a file that is no program is not_executable") {
  for (const std::string command : {"/etc/passwd", "/etc"}) {
    const auto error = error_of([&] { run({command}); });
    REQUIRE(error);
    CHECK(error->code() == cl::Errc::not_executable);
    CHECK(contains(error->what(), command));
  }
}

TEST_CASE_FIXTURE(Containers, "run: the time limit") {
  const auto begin = std::chrono::steady_clock::now();
  const cl::Completed done = run({"sh", "-c", "echo begun; sleep 60"}, {.timeout = 300ms});
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  CHECK(done.status.kind == cl::ExitStatus::Kind::timed_out);
  CHECK_FALSE(done.status.success());
  CHECK(done.out == "begun\n");
  CHECK(run({"true"}, {.timeout = 60s}).status.success());
}

TEST_CASE_FIXTURE(Containers, "run: a stop kills and removes what was started") {
  std::stop_source source;
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    source.request_stop();
  });
  const auto error = error_of([&] { run({"sleep", "60"}, {.stop = source.get_token()}); });
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  REQUIRE(error);
  CHECK(error->code() == std::errc::operation_canceled);
  CHECK(nothing_runs(host));
}

TEST_CASE_FIXTURE(Containers, "run: one that is to stop does not start") {
  std::stop_source source;
  source.request_stop();
  const auto file = host.scratch / "started";
  const auto error = error_of([&] {
    run({"touch", "/in/started"},
        {.mounts = {{.source = host.scratch, .target = "/in", .writable = true}},
         .stop = source.get_token()});
  });
  REQUIRE(error);
  CHECK(error->code() == std::errc::operation_canceled);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE_FIXTURE(Containers, "run: a stop that does not come changes nothing") {
  std::stop_source source;
  const cl::Completed done =
      run({"sh", "-c", "echo begun; sleep 0.3; echo done; exit 3"}, {.stop = source.get_token()});
  CHECK(done.status.code == 3);
  CHECK(done.out == "begun\ndone\n");
  source.request_stop();
  CHECK(run({"sleep", "60"}, {.timeout = 300ms, .stop = std::stop_source().get_token()})
            .status.kind == cl::ExitStatus::Kind::timed_out);
}

TEST_CASE_FIXTURE(Containers, "run: what on_wait throws kills and removes what was started") {
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  cl::RuntimeOptions options = host.options();
  options.on_wait = [&] {
    CHECK(std::this_thread::get_id() == caller);
    if (++calls == 3) throw Interrupted();
  };
  const cl::Runtime asking(options);
  cl::Runtime copy = asking;
  CHECK_THROWS_AS(copy.run(copy.image("busybox"), {.args = {"sleep", "60"}}), Interrupted);
  CHECK(calls == 3);
  CHECK(nothing_runs(host));
}

TEST_CASE_FIXTURE(Containers, "run: both streams are captured, apart") {
  const cl::Completed done = run({"sh", "-c", "echo out; echo err >&2; echo more"});
  CHECK(done.out == "out\nmore\n");
  CHECK(done.err == "err\n");
}

TEST_CASE_FIXTURE(Containers, "run: ten megabytes on each stream") {
  constexpr std::size_t size = 10 << 20;
  const cl::Completed done =
      run({"sh", "-c", "head -c 10485760 /dev/zero & head -c 10485760 /dev/zero >&2; wait"});
  CHECK(done.status.success());
  CHECK(done.out.size() == size);
  CHECK(done.err.size() == size);
}

TEST_CASE_FIXTURE(Containers, "run: output has every byte") {
  const std::string out = run({"sh", "-c", "printf '\\000\\001\\377\\r\\n\\n'; printf x"}).out;
  CHECK(out == std::string("\0\1\377\r\n\nx", 7));
}

TEST_CASE_FIXTURE(Containers, "run: output ends with the command, not with what it left behind") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(run({"sh", "-c", "sleep 60 & echo done"}).out == "done\n");
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE_FIXTURE(Containers, "run: standard input is empty unless given") {
  CHECK(shell("cat; echo end") == "end");
}

TEST_CASE_FIXTURE(Containers, "start: pipes on all three streams") {
  cl::Container container =
      start({"sh", "-c", "cat; echo bye >&2"},
            {.in = cl::Stream::pipe(), .out = cl::Stream::pipe(), .err = cl::Stream::pipe()});
  cl::Fd in = container.take_in(), out = container.take_out(), err = container.take_err();
  REQUIRE(in);
  REQUIRE(out);
  REQUIRE(err);
  CHECK_FALSE(container.take_in());
  CHECK((::fcntl(in.get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(::write(in.get(), "hello\n", 6) == 6);
  char buffer[64] = {};
  CHECK(::read(out.get(), buffer, sizeof buffer) == 6);
  CHECK(std::string(buffer) == "hello\n");
  in.reset();
  CHECK(container.wait().success());
  CHECK(::read(out.get(), buffer, sizeof buffer) == 0);
  CHECK(::read(err.get(), buffer, sizeof buffer) == 4);
}

TEST_CASE_FIXTURE(Containers, "run: streams to a descriptor, and from one") {
  const auto path = host.scratch / "stream";
  write_file(path, "from the host\n");
  const cl::Fd in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const cl::Fd out(::open((path.string() + ".out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const cl::Completed done =
      run({"sh", "-c", "cat; echo quiet >&2"}, {.in = cl::Stream::to(in.get()),
                                                .out = cl::Stream::to(out.get()),
                                                .err = cl::Stream::discard()});
  CHECK(done.status.success());
  CHECK(done.out.empty());
  CHECK(done.err.empty());
  CHECK(read_file(path.string() + ".out") == "from the host\n");
}

TEST_CASE_FIXTURE(Containers, "run: many at once from many threads") {
  std::vector<std::thread> threads;
  std::vector<std::string> out(8);
  for (std::size_t i = 0; i < out.size(); ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) out[i] = run({"echo", std::to_string(i)}).out;
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i] == std::to_string(i) + "\n");
}

TEST_CASE_FIXTURE(Containers, "run: what a container writes is gone with it") {
  shell("echo x > /new; rm /bin/ls; echo y >> /etc/passwd");
  CHECK(shell("ls /new 2>&1 || true; ls /bin/ls; grep -c y: /etc/passwd || true") ==
        "ls: /new: No such file or directory\n/bin/ls\n0");
}

TEST_CASE_FIXTURE(Containers, "plan: tells every step and does nothing") {
  const Traces before = traces({host.root, host.run_root});
  const std::string plan =
      runtime().plan(busybox(), {.args = {"echo", "hi"}, .hostname = "planned"});
  CHECK(lines_of(plan).size() > 20);
  for (const std::string word :
       {"overlay", "/proc", "/dev/null", "planned", "echo", "seccomp", "pivot"})
    CHECK_MESSAGE(contains(plan, word), word << " is not in\n" << plan);
  CHECK(left_since(before, {host.root, host.run_root}).empty());
}
