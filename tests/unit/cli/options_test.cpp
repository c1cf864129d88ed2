#include "cli/options.hpp"

#include <doctest/doctest.h>

#include "cli/landlock.hpp"

using namespace containerlib;
using namespace containerlib::cli;

namespace {

ContainerOptions parsed(const Arguments& arguments) {
  CommandLine line("run [OPTIONS] IMAGE", "Test");
  ContainerFlags flags;
  flags.add_to(line);
  return flags.options(line.read_leading(arguments).value());
}

}  // namespace

TEST_CASE("without flags the options are the library's defaults") {
  const ContainerOptions options = parsed({});
  CHECK(options.args.empty());
  CHECK_FALSE(options.entrypoint);
  CHECK_FALSE(options.limits.memory);
  CHECK_FALSE(options.limits.pids);
  CHECK_FALSE(options.new_privileges);
  CHECK_FALSE(options.unmasked_paths);
  CHECK(options.seccomp.confined());
  CHECK(options.network == Network::none);
  CHECK(options.user_namespace == UserNamespace::automatic);
}

TEST_CASE("the process") {
  const ContainerOptions options = parsed({"--name",
                                           "n",
                                           "-e",
                                           "A=1",
                                           "-w",
                                           "/w",
                                           "-u",
                                           "1:2",
                                           "-h",
                                           "host",
                                           "-l",
                                           "k=v",
                                           "--stop-signal",
                                           "INT",
                                           "--stop-timeout",
                                           "3",
                                           "--rm",
                                           "sh",
                                           "-c",
                                           "x"});
  CHECK(options.name == "n");
  CHECK(options.env.at("A") == "1");
  CHECK(options.cwd == "/w");
  CHECK(options.user == "1:2");
  CHECK(options.hostname == "host");
  CHECK(options.labels.at("k") == "v");
  CHECK(options.labels.at(stop_timeout_label) == "3");
  CHECK(options.stop_signal == "INT");
  CHECK(options.auto_remove);
  CHECK(options.args == Arguments{"sh", "-c", "x"});
  CHECK_THROWS_AS(parsed({"--stop-signal", "NOPE"}), UsageError);
}

TEST_CASE("an entry point of the user's replaces the image's command, too") {
  const ContainerOptions given = parsed({"--entrypoint", "ls", "/"});
  REQUIRE(given.entrypoint);
  CHECK(given.entrypoint->empty());
  CHECK(given.args == Arguments{"ls", "/"});
  CHECK(parsed({"--entrypoint", "ls", "--", "-l"}).args == Arguments{"ls", "-l"});
  const ContainerOptions none = parsed({"--entrypoint=", "sh"});
  REQUIRE(none.entrypoint);
  CHECK(none.args == Arguments{"sh"});
}

TEST_CASE("limits") {
  const Limits limits = parsed({"-m", "64m", "--memory-swap", "128m", "--cpus", "0.5", "-c", "1024",
                                "--cpuset-cpus", "0-1", "--cpuset-mems", "0", "--pids-limit", "32"})
                            .limits;
  CHECK(limits.memory == 64_MiB);
  CHECK(limits.memory_swap == 128_MiB);
  CHECK(limits.cpus == 0.5);
  CHECK(limits.cpu_shares == 1024);
  CHECK_FALSE(limits.cpu_weight);
  CHECK_FALSE(limits.unlimited_swap);
  CHECK(limits.cpuset_cpus == "0-1");
  CHECK(limits.cpuset_mems == "0");
  CHECK(limits.pids == 32);
  CHECK(parsed({"--pids-limit", "-1"}).limits.pids == 0);
  const Limits swapping = parsed({"-m", "32m", "--memory-swap", "-1"}).limits;
  CHECK_FALSE(swapping.memory_swap);
  CHECK(swapping.unlimited_swap);
  CHECK(parsed({"--memory-reservation", "32m"}).limits.memory_reservation == 32_MiB);
  CHECK(parsed({"--cpu-quota", "50000"}).limits.cpus == 0.5);
  CHECK(parsed({"--cpu-quota", "20000", "--cpu-period", "10000"}).limits.cpus == 2);
  CHECK_FALSE(parsed({"--cpu-quota", "-1"}).limits.cpus);
  CHECK_THROWS_AS(parsed({"--cpus", "1", "--cpu-quota", "50000"}), UsageError);
  CHECK_THROWS_AS(parsed({"--pids-limit", "many"}), UsageError);
  CHECK_THROWS_AS(parsed({"--cpu-shares", "1"}), UsageError);
}

TEST_CASE("a limit of 0 is none") {
  const Limits limits = parsed({"-m", "0", "--memory-swap", "0", "--memory-reservation", "0",
                                "--cpus", "0", "--cpu-quota", "0", "-c", "0"})
                            .limits;
  CHECK_FALSE(limits.memory);
  CHECK_FALSE(limits.memory_swap);
  CHECK_FALSE(limits.memory_reservation);
  CHECK_FALSE(limits.cpus);
  CHECK_FALSE(limits.cpu_shares);
}

TEST_CASE("ulimits, groups and the size of /dev/shm") {
  const ContainerOptions options =
      parsed({"--ulimit", "nofile=1024:2048", "--ulimit=core=-1", "--group-add", "wheel",
              "--group-add=7", "--shm-size", "1m"});
  REQUIRE(options.ulimits.size() == 2);
  CHECK(options.ulimits[0].name == "nofile");
  CHECK(options.ulimits[0].soft == 1024);
  CHECK(options.ulimits[0].hard == 2048);
  CHECK(options.ulimits[1].hard == Ulimit::unlimited);
  CHECK(options.groups == Arguments{"wheel", "7"});
  CHECK(options.shm_size == 1_MiB);
  for (const char* text : {"nofile", "=1", "nofile=", "nofile=x", "nofile=1:"})
    CHECK_THROWS_AS(parsed({"--ulimit", text}), UsageError);
}

TEST_CASE("a user without the group after his colon is that user") {
  CHECK(parsed({"-u", "root:"}).user == "root");
  for (const char* text : {"", ":", ":5", "1:2", "1::", "a"}) CHECK(parse_user(text) == text);
}

TEST_CASE("there is nothing to pull from") {
  CHECK_NOTHROW(parsed({"--pull", "missing"}));
  CHECK_NOTHROW(parsed({"--pull=never"}));
  CHECK_THROWS_AS(parsed({"--pull", "always"}), UsageError);
}

TEST_CASE("limits of one device come together") {
  const std::vector<IoLimit> io =
      parsed({"--device-read-bps", "/dev/a:1mb", "--device-write-iops", "/dev/a:7",
              "--device-write-bps", "/dev/b:2k", "--device-read-iops", "/dev/b:9"})
          .limits.io;
  REQUIRE(io.size() == 2);
  CHECK(io[0].device == "/dev/a");
  CHECK(io[0].read_bytes_per_second == 1_MiB);
  CHECK(io[0].write_operations_per_second == 7);
  CHECK_FALSE(io[0].write_bytes_per_second);
  CHECK(io[1].write_bytes_per_second == 2_KiB);
  CHECK(io[1].read_operations_per_second == 9);
  CHECK_THROWS_AS(parsed({"--device-read-bps", "/dev/a"}), UsageError);
  CHECK_THROWS_AS(parsed({"--device-read-iops", "/dev/a:x"}), UsageError);
}

TEST_CASE("isolation is loosened by name only") {
  CHECK_FALSE(parsed({"--security-opt", "seccomp=unconfined"}).seccomp.confined());
  CHECK(parsed({"--security-opt", "no-new-privileges=false"}).new_privileges);
  CHECK_FALSE(parsed({"--security-opt", "no-new-privileges:true"}).new_privileges);
  CHECK_FALSE(parsed({"--security-opt", "no-new-privileges"}).new_privileges);
  CHECK(parsed({"--security-opt", "systempaths=unconfined"}).unmasked_paths);
  CHECK(parsed({"--userns", "host"}).user_namespace == UserNamespace::host);
  CHECK(parsed({"--network=host"}).network == Network::host);
  CHECK(parsed({"--cap-drop", "ALL", "--cap-add=CHOWN"}).cap_drop == Arguments{"ALL"});
  for (const Arguments& wrong :
       {Arguments{"--security-opt", "seccomp=/file.json"}, Arguments{"--network", "bridge"},
        Arguments{"--userns", "private"}, Arguments{"--security-opt", "label=type:x"}})
    CHECK_THROWS_AS(parsed(wrong), UsageError);
}

TEST_CASE("user namespaces by name") {
  CHECK(parsed({"--userns", "auto"}).user_namespace == UserNamespace::automatic);
  CHECK(parsed({"--userns", "keep-id"}).user_namespace == UserNamespace::keep_id);
  CHECK(parsed({"--userns", "nomap"}).user_namespace == UserNamespace::nomap);
  CHECK(parsed({"--security-opt", "nested-userns"}).nested_user_namespaces);
}

TEST_CASE("Landlock in one word or several") {
  const Landlock wall = parsed({"--security-opt", "landlock=ro:/,rw:/tmp,rw-noexec:/data,net:none",
                                "--security-opt", "landlock=connect:443,scope:sockets"})
                            .landlock;
  REQUIRE(wall.paths.size() == 3);
  CHECK(wall.paths[0].path == "/");
  CHECK_FALSE(wall.paths[0].writable);
  CHECK(wall.paths[0].executable);
  CHECK(wall.paths[1].writable);
  CHECK_FALSE(wall.paths[2].executable);
  REQUIRE(wall.tcp_bind);
  CHECK(wall.tcp_bind->empty());
  CHECK(wall.tcp_connect == std::vector<std::uint16_t>{443});
  CHECK(wall.scope_abstract_sockets);
  CHECK_FALSE(wall.scope_signals);
  CHECK(landlock_text(wall) == "ro:/,rw:/tmp,rw-noexec:/data,bind:none,connect:443,scope:sockets");
  CHECK(landlock_text({}) == "");
  for (const char* wrong : {"landlock=", "landlock=ro", "landlock=ro:tmp", "landlock=bind:x",
                            "landlock=bind:65536", "landlock=net:all", "landlock=scope:all"})
    CHECK_THROWS_AS(parsed({"--security-opt", wrong}), UsageError);
}

TEST_CASE("mounts keep their order by kind") {
  const auto mounts = parsed({"-v", "/a:/a", "--tmpfs", "/t", "--mount", "src=/b,dst=/b"}).mounts;
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].target == "/a");
  CHECK(mounts[1].target == "/b");
  CHECK(mounts[2].target == "/t");
}
