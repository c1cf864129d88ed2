// Container::checkpoint() and Runtime::restore(). CRIU has to know the kernel: where it does not
// (the guest's it does), its own reason is what the user is told, and the container runs on.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "integration/checkpoint_place.hpp"
#include "integration/cli_fixture.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

const std::string no_criu = "needs criu, and a kernel that it knows";

bool criu_works() {
  static const bool works =
      is_root() && has_program("criu") && command({"criu", "check"}).code == 0;
  return works;
}

/// Counts in memory, to a file of its root file system; writes each number to its output.
const Args counts = {"sh", "-c",
                     "i=0; trap 'echo stopped; exit 7' TERM; "
                     "while :; do i=$((i+1)); echo $i >/count; echo n $i; sleep 0.1; done"};

int count(cl::Container& container) {
  return std::atoi(container.exec({"cat", "/count"}).out.c_str());
}

bool goes_on(cl::Container& container) {
  const int before = count(container);
  return eventually([&] { return count(container) > before; }, std::chrono::seconds(20));
}

void await_numbers(cl::Container& container) {
  REQUIRE(eventually([&] { return count(container) > 2; }, std::chrono::seconds(20)));
}

/// What restrains its process 1 and what it sees, as far as /proc tells it.
std::vector<std::string> confinement(const cl::Container& container) {
  const fs::path proc = "/proc/" + std::to_string(container.inspect().pid);
  std::vector<std::string> out;
  for (const std::string& line : lines_of(read_file(proc / "mountinfo"))) {
    // Root, mount point and options (proc(5)); the rest has numbers that change.
    std::istringstream fields(line);
    std::string skipped, root, point, options;
    fields >> skipped >> skipped >> skipped >> root >> point >> options;
    // Above its own cgroup is what has its id in it.
    if (point == "/sys/fs/cgroup") root = "its own";
    // A read-only root is restored as a read-only file system (see below).
    if (point == "/") options = options.substr(2);
    out.push_back(root + ' ' + point + ' ' + options);
  }
  std::sort(out.begin(), out.end());
  for (const std::string& line : lines_of(read_file(proc / "status")))
    for (const char* name : {"Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp:", "Umask"})
      if (line.starts_with(name)) out.push_back(line);
  for (const char* file : {"limits", "oom_score_adj", "uid_map"})
    for (const std::string& line : lines_of(read_file(proc / file))) out.push_back(line);
  return out;
}

/// What there is of the one list and not of the other, as text.
std::string difference(const std::vector<std::string>& before,
                       const std::vector<std::string>& after) {
  std::string out;
  for (const std::string& line : before)
    if (std::find(after.begin(), after.end(), line) == after.end()) out += "- " + line + '\n';
  for (const std::string& line : after)
    if (std::find(before.begin(), before.end(), line) == before.end()) out += "+ " + line + '\n';
  return out;
}

std::string children_of_this_process() {
  return command({"sh", "-c", "cat /proc/$PPID/task/*/children | sed s/$$//"}).out;
}

}  // namespace

TEST_SUITE("cgroup") {
  TEST_CASE("checkpoint: memory and files of a container go on in a new one") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(
        counts,
        {.name = "first",
         .mounts = {{.source = containers.host.scratch, .target = "/host"}, {.target = "/tmp"}},
         .limits = {.memory = 64_MiB, .pids = 20},
         .labels = {{"a", "b"}}});
    REQUIRE(eventually([&] { return count(first) > 2; }, std::chrono::seconds(20)));
    first.exec({"sh", "-c", "echo kept >/tmp/kept; rm /etc/group; mkdir /new; echo x >/new/x"});

    first.checkpoint(place.path);
    CHECK(first.wait().code == SIGKILL);
    const std::string before = all_log(first);
    const std::string last = before.substr(before.rfind("n ") + 2);
    first.remove();
    cl::Container second = containers.runtime().restore(place.path, {.name = "second"});

    CHECK(second.name() == "second");
    const cl::ContainerInfo info = second.inspect();
    CHECK(info.state == cl::ContainerState::running);
    CHECK(info.labels.at("a") == "b");
    CHECK(goes_on(second));
    CHECK(count(second) > std::atoi(last.c_str()));
    CHECK(second.exec({"cat", "/tmp/kept", "/new/x"}).out == "kept\nx\n");
    CHECK(second.exec({"test", "-e", "/etc/group"}).status.code == 1);
    CHECK(second.exec({"ls", "/host"}).out.find("checkpoint") != std::string::npos);
    CHECK(second.exec({"touch", "/host/file"}).status.code != 0);
    CHECK(second.stats().pids_limit == 20);
    CHECK(second.stats().memory_limit == 64_MiB);
    second.pause();
    CHECK(second.inspect().state == cl::ContainerState::paused);
    second.resume();
    const cl::ExitStatus end = second.stop(20s);
    CHECK(end.code == 7);
    const std::string log = all_log(second);
    CHECK(log.find("n 1\n") == std::string::npos);
    CHECK_MESSAGE(log.ends_with("stopped\n"),
                  log.substr(log.size() - std::min(log.size(), std::size_t{60})));
    second.remove();
  }

  TEST_CASE(
      "checkpoint: a restored container is as confined as the first, and no host is its parent") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::ContainerOptions options{.mounts = {{.source = containers.host.scratch, .target = "/host"},
                                            {.target = "/tmp", .tmpfs_size = 1_MiB},
                                            {.target = "/run", .read_only = true}},
                                 .limits = {.pids = 20},
                                 .cap_drop = {"NET_RAW"},
                                 .ulimits = {{.name = "nofile", .soft = 64, .hard = 128}}};
    SUBCASE("in a user namespace") {}
    SUBCASE("with the host's ids, network and a read-only root") {
      options.user_namespace = cl::UserNamespace::host;
      options.network = cl::Network::host;
      options.read_only = true;
    }
    cl::Container first = containers.start({"sh", "-c", "while :; do sleep 0.1; done"}, options);
    const auto before = confinement(first);
    const std::string children = children_of_this_process();
    const std::string groups = first.exec({"cat", "/proc/1/cgroup"}).out;
    const Args user_limit = {"cat", "/proc/sys/user/max_user_namespaces"};
    const std::string limit = first.exec(user_limit).out;
    const std::string devices = first.exec({"sh", "-c", "ls -l /dev | tr -s ' '"}).out;
    first.checkpoint(place.path);
    first.remove();
    cl::Container second = containers.runtime().restore(place.path);
    CHECK(difference(before, confinement(second)) == "");
    CHECK(second.exec({"cat", "/proc/1/cgroup"}).out == groups);
    CHECK(second.exec(user_limit).out == limit);
    CHECK(second.exec({"sh", "-c", "ls -l /dev | tr -s ' '"}).out == devices);
    CHECK((second.exec({"touch", "/file"}).status.code == 0) == !options.read_only);
    CHECK(children_of_this_process() == children);
  }

  TEST_CASE("checkpoint: a container that is left running goes on; its ids are then not free") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(counts, {.name = "first"});
    await_numbers(first);
    first.checkpoint(place.path, {.leave_running = true});
    CHECK(goes_on(first));
    const auto in_use = error_of([&] { containers.runtime().restore(place.path); });
    REQUIRE(in_use);
    CHECK(in_use->code() == cl::Errc::in_use);
    CHECK(in_use->hint() == "container first runs with them");
    const auto full = error_of([&] { first.checkpoint(place.path); });
    REQUIRE(full);
    CHECK(full->code() == std::errc::directory_not_empty);
    CHECK(goes_on(first));
    first.stop(0s);
    cl::Container second = containers.runtime().restore(place.path);
    CHECK(goes_on(second));
    // What that has done since is not in the checkpoint.
    second.exec({"touch", "/later"});
    second.remove(true);
    cl::Container third = containers.runtime().restore(place.path);
    CHECK(goes_on(third));
    CHECK(third.exec({"test", "-e", "/later"}).status.code == 1);
  }

  TEST_CASE("checkpoint: a restored container can be written and restored again") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(
        counts, {.mounts = {{.source = containers.host.scratch, .target = "/host"}}});
    await_numbers(first);
    first.checkpoint(place.path);
    cl::Container second = containers.runtime().restore(place.path);
    CHECK(goes_on(second));
    second.checkpoint(place.other);
    cl::Container third = containers.runtime().restore(place.other);
    CHECK(goes_on(third));
  }

  TEST_CASE("checkpoint: a terminal is another one after the restore") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(
        {"sh", "-c", "trap 'exit 3' INT; while :; do echo tick; sleep 0.1; done"}, {.tty = true});
    const cl::Fd old = first.take_terminal();
    first.checkpoint(place.path);
    cl::Container second = containers.runtime().restore(place.path);
    const cl::Fd terminal = second.take_terminal();
    REQUIRE(terminal);
    char text[4096];
    const ssize_t got = ::read(terminal.get(), text, sizeof text);
    CHECK(std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0).find("tick") !=
          std::string::npos);
    constexpr char control_c = 3;
    CHECK(::write(terminal.get(), &control_c, 1) == 1);
    const auto end = second.wait_for(20s);
    REQUIRE(end);
    CHECK(end->code == 3);
  }

  TEST_CASE("checkpoint: nothing is left of a restore that fails, which says why") {
    SKIP_IF(!criu_works(), no_criu);
    Containers containers;
    const Place place(containers);
    cl::Container first = containers.start(counts, {.name = "first"});
    await_numbers(first);
    first.checkpoint(place.path);
    const auto taken =
        error_of([&] { containers.runtime().restore(place.path, {.name = "first"}); });
    REQUIRE(taken);
    CHECK(taken->code() == cl::Errc::name_in_use);
    first.remove();
    fs::rename(place.path / "images/core-1.img", place.path / "images/gone");
    const auto damaged = error_of([&] { containers.runtime().restore(place.path); });
    REQUIRE(damaged);
    CHECK(damaged->code() == std::errc::operation_canceled);
    CHECK(damaged->hint().find("criu: Error (criu/") != std::string::npos);
    CHECK(damaged->hint().find(place.path / "restore.log") != std::string::npos);
    CHECK(containers.runtime().containers().empty());
    fs::rename(place.path / "images/gone", place.path / "images/core-1.img");
    // Later, when there is a process already.
    for (const auto& entry : fs::directory_iterator(place.path / "images"))
      if (entry.path().filename().string().starts_with("mountpoints-")) fs::remove(entry.path());
    CHECK(error_of([&] { containers.runtime().restore(place.path); }));
  }

  TEST_CASE("checkpoint: the command line writes a container and lets it go on in the background") {
    SKIP_IF(!criu_works(), no_criu);
    Cli cli;
    const Place place(cli);
    cli.out({"run", "-d", "--name", "web", "busybox", "sh", "-c",
             "i=0; while :; do i=$((i+1)); echo $i >/count; sleep 0.1; done"});
    cl::Container web = *cli.runtime().find("web");
    await_numbers(web);
    CHECK(cli.out({"checkpoint", "web", place.path}) == "web");
    CHECK(cli.out({"inspect", "-f", "{{.State.ExitCode}}", "web"}) == "137");
    cli.out({"rm", "web"});
    const std::string id = cli.out({"restore", "--name", "again", place.path});
    CHECK(cli.out({"ps", "-q", "--no-trunc"}) == id);
    cl::Container again = *cli.runtime().find("again");
    CHECK(goes_on(again));
    cli.out({"rm", "-f", "again"});
  }
}

TEST_CASE("checkpoint: what cannot be kept is refused before anything is done") {
  SKIP_IF(!is_root() || !has_program("criu"), "needs root and criu");
  Containers containers;
  const Place place(containers);
  const auto refusal = [&](cl::ContainerOptions options) {
    cl::Container container = containers.start({"sleep", "1000"}, options);
    const auto error = error_of([&] { container.checkpoint(place.path); });
    CHECK(container.inspect().state == cl::ContainerState::running);
    CHECK(!fs::exists(place.path));
    REQUIRE(error);
    CHECK(error->code() == cl::Errc::unsupported);
    return error->hint();
  };
  const cl::Landlock landlock{.scope_abstract_sockets = true};
  if (containers.runtime().try_plan(containers.busybox(), {.args = {"true"}, .landlock = landlock}))
    CHECK(refusal({.landlock = landlock}) == "criu does not keep its Landlock rules");
  CHECK(refusal({.unsafe_oci_spec = "{}"}) == "what unsafe_oci_spec asks for is not kept");

  cl::Container container = containers.start({"sleep", "1000"});
  cl::Process process = container.spawn({"sleep", "1000"});
  const auto busy = error_of([&] { container.checkpoint(place.path); });
  REQUIRE(busy);
  CHECK(busy->hint().find("its process id is " + std::to_string(process.pid())) !=
        std::string::npos);
  process.kill();
  process.wait();
  const auto missing = error_of([&] { container.checkpoint(place.path, {.criu = "/no/criu"}); });
  REQUIRE(missing);
  CHECK(missing->subject() == "/no/criu");
  container.stop(0s);
  const auto ended = error_of([&] { container.checkpoint(place.path); });
  REQUIRE(ended);
  CHECK(ended->code() == cl::Errc::not_running);
}

TEST_CASE("checkpoint: a program that is not criu has failed, and the container runs on") {
  SKIP_IF(!is_root(), "needs root");
  Containers containers;
  const Place place(containers);
  cl::Container container = containers.start(counts);
  const auto error = error_of([&] { container.checkpoint(place.path, {.criu = "/bin/true"}); });
  REQUIRE(error);
  CHECK(error->hint().find("it gave no reason") != std::string::npos);
  CHECK(goes_on(container));
}

TEST_CASE("checkpoint: an ordinary user is told that it takes root") {
  SKIP_IF(is_root(), "is for ordinary users");
  Containers containers;
  const Place place(containers);
  cl::Container container = containers.start(counts);
  const auto error = error_of([&] { container.checkpoint(place.path); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::unsupported);
  CHECK(error->hint().find("root") != std::string::npos);
  const auto restored = error_of([&] { containers.runtime().restore(place.path); });
  REQUIRE(restored);
  CHECK(restored->code() == cl::Errc::unsupported);
}

TEST_CASE("checkpoint: a directory without a checkpoint is said to be one") {
  SKIP_IF(!is_root() || !has_program("criu"), "needs root and criu");
  Containers containers;
  const Place place(containers);
  fs::create_directory(place.path);
  const auto error = error_of([&] { containers.runtime().restore(place.path); });
  REQUIRE(error);
  CHECK(error->code() == std::errc::no_such_file_or_directory);
  CHECK(error->subject() == place.path / "container.json");
}

TEST_CASE("checkpoint: where criu cannot do it its reason is told, and the container runs on") {
  SKIP_IF(!is_root() || !has_program("criu"), "needs root and criu");
  SKIP_IF(criu_works(), "criu works on this kernel");
  Containers containers;
  const Place place(containers);
  cl::Container container = containers.start(counts);
  const auto error = error_of([&] { container.checkpoint(place.path); });
  REQUIRE(error);
  const std::string what = error->what();
  INFO(what);
  CHECK(error->code() == std::errc::operation_canceled);
  CHECK(error->hint().find("criu: Error (criu/") != std::string::npos);
  CHECK(error->hint().find(place.path / "dump.log") != std::string::npos);
  CHECK(goes_on(container));
}
