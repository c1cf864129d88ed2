#include "cli/describe.hpp"

#include <doctest/doctest.h>

using namespace containerlib;
using namespace containerlib::cli;
using namespace std::chrono_literals;

namespace {

const Time noon = std::chrono::system_clock::from_time_t(1700000000);

ContainerInfo ended() {
  ContainerInfo info{.id = "0123", .name = "db", .state = ContainerState::exited};
  info.exit = ExitStatus{.kind = ExitStatus::Kind::signaled, .code = 9};
  info.created = noon - 3h;
  info.started = noon - 2h;
  info.finished = noon - 5min;
  info.args = {"sh", "-c", "x"};
  info.mounts = {{.source = "/a", .target = "/b"}, {.target = "/run"}};
  return info;
}

}  // namespace

TEST_CASE("status texts") {
  ContainerInfo info = ended();
  CHECK(status_text(info, noon) == "Exited (137) 5 minutes ago");
  info.state = ContainerState::running;
  CHECK(status_text(info, noon) == "Up 2 hours");
  info.state = ContainerState::paused;
  CHECK(status_text(info, noon) == "Up 2 hours (Paused)");
  info.state = ContainerState::created;
  CHECK(status_text(info, noon) == "Created");
}

TEST_CASE("names lose docker's default registry only") {
  CHECK(familiar_name("docker.io/library/busybox:latest") == "busybox:latest");
  CHECK(familiar_name("docker.io/me/app:1") == "me/app:1");
  CHECK(familiar_name("localhost/app:1") == "localhost/app:1");
}

TEST_CASE("an inspected container has docker's fields") {
  const json::object object = describe(ended());
  CHECK(object.at("Name") == "/db");
  CHECK(object.at("Path") == "sh");
  CHECK(object.at("Args") == json::array{"-c", "x"});
  const json::object& state = object.at("State").as_object();
  CHECK(state.at("Status") == "exited");
  CHECK(state.at("Running") == false);
  CHECK(state.at("ExitCode") == 137);
  CHECK(state.at("StartedAt") == "2023-11-14T20:13:20.000000000Z");
  const json::array& mounts = object.at("Mounts").as_array();
  CHECK(mounts.at(0).at("RW") == false);
  CHECK(mounts.at(1).at("Type") == "tmpfs");
  CHECK(mounts.at(1).at("RW") == true);
}

TEST_CASE("entry point and command are told apart") {
  ContainerInfo info = ended();
  info.entrypoint = {"sh", "-c"};
  const json::object config = describe(info).at("Config").as_object();
  CHECK(config.at("Entrypoint") == json::array{"sh", "-c"});
  CHECK(config.at("Cmd") == json::array{"x"});
  CHECK(config.at("StopSignal") == "SIGTERM");
}

TEST_CASE("what run was told is in HostConfig") {
  ContainerInfo info = ended();
  info.limits = {.memory = 32_MiB, .unlimited_swap = true, .cpu_shares = 2};
  info.cap_drop = {"ALL"};
  info.seccomp = Seccomp::unconfined();
  info.ulimits = {{"nofile", 10, Ulimit::unlimited}};
  const json::object host = describe(info).at("HostConfig").as_object();
  CHECK(host.at("Binds") == json::array{"/a:/b:ro"});
  CHECK(host.at("MemorySwap") == -1);
  CHECK(host.at("CpuShares") == 2);
  CHECK(host.at("CapDrop") == json::array{"ALL"});
  CHECK(host.at("SecurityOpt") == json::array{"seccomp=unconfined"});
  CHECK(host.at("Ulimits").at(0).at("Hard") == -1);
}

TEST_CASE("an ended container has no error of its own") {
  ContainerInfo info = ended();
  CHECK(describe(info).at("State").at("Error") == "");
  info.exit = ExitStatus{.kind = ExitStatus::Kind::exited, .code = 3};
  CHECK(describe(info).at("State").at("Error") == "");
}

TEST_CASE("a container without arguments can be inspected") {
  CHECK(describe(ContainerInfo{}).at("Args") == json::array{});
}
