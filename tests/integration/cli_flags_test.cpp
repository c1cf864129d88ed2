// Flags of docker's that set up a container, and what lists and shows.
#include "integration/cli_fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

TEST_CASE_FIXTURE(Cli, "cli: values attached to short flags") {
  CHECK(out({"run", "--rm", "-u=0", "-w=/tmp", "-e=A=1", "-t=false", "busybox", "sh", "-c",
             "id -u; pwd; echo $A"}) == "0\n/tmp\n1");
  const std::string id = out({"run", "-d=true", "busybox", "true"});
  out({"wait", id});
  out({"rm", id});
}

TEST_CASE_FIXTURE(Cli, "cli: ulimits hold for the command and for exec") {
  out({"run", "-d", "--name", "few", "--ulimit", "nofile=40:50", "busybox", "sh", "-c",
       "ulimit -Sn; ulimit -Hn; ulimit -c; sleep 60"});
  CHECK(eventually([&] { return out({"logs", "few"}) == "40\n50\n0"; }));
  CHECK(out({"exec", "few", "sh", "-c", "ulimit -Hn"}) == "50");
  CHECK(out({"inspect", "-f", "{{(index .HostConfig.Ulimits 0).Hard}}", "few"}) == "50");
  out({"rm", "-f", "few"});
  CHECK(cli({"run", "--rm", "--ulimit", "nosuch=1", "busybox", "true"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: more groups of the user") {
  if (!has_ids()) return;
  CHECK(out({"run", "--rm", "--group-add", "7", "-u", "1:2", "busybox", "id", "-G"}) == "2 7");
  CHECK(cli({"run", "--rm", "--group-add", "nosuch", "busybox", "id"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: size of /dev/shm, owner and mode of a tmpfs") {
  CHECK(contains(
      out({"run", "--rm", "--shm-size", "1m", "busybox", "grep", "/dev/shm", "/proc/mounts"}),
      "size=1024k"));
  CHECK(out({"run", "--rm", "--tmpfs", "/t:mode=750,size=1m", "busybox", "stat", "-c", "%a %u %g",
             "/t"}) == "750 0 0");
  if (has_ids())
    CHECK(out({"run", "--rm", "--tmpfs", "/t:uid=3,gid=4", "busybox", "stat", "-c", "%u %g",
               "/t"}) == "3 4");
}

TEST_CASE_FIXTURE(Cli, "cli: labels of files, and of the image") {
  write_file(host.scratch / "labels", "a=file\nb=file\n");
  out({"import", "-c", "LABEL c=image", "-c", "CMD true", host.busybox_root(), "labelled"});
  out({"create", "--name", "made", "--label-file", host.scratch / "labels", "-l", "b=flag",
       "labelled"});
  CHECK(out({"inspect", "-f", "{{.Config.Labels}}", "made"}) == "map[a:file b:flag c:image]");
  CHECK(out({"ps", "-a", "--format", "{{.Label \"c\"}}"}) == "image");
  CHECK(out({"ps", "-aq", "--filter", "label=c=image"}).size() == 12);
  out({"rm", "-v", "made"});
  out({"rmi", "labelled"});
}

TEST_CASE_FIXTURE(Cli, "cli: --platform and --pull") {
  CHECK(cli({"run", "--rm", "--platform", "linux/s390x", "busybox", "true"}).code == 125);
  CHECK(cli({"run", "--rm", "--platform", "linux", "--pull=missing", "busybox", "true"}).code == 0);
  CHECK(cli({"run", "--rm", "--pull", "always", "busybox", "true"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: inspect tells what run was told") {
  out({"create", "--name", "made", "--entrypoint", "echo", "--stop-signal", "INT", "--cap-drop",
       "ALL", "--cap-add", "CHOWN", "--security-opt", "seccomp=unconfined", "-v", "/tmp:/t",
       "busybox", "a", "b"});
  CHECK(out({"inspect", "-f", "{{.Path}} {{.Args}} {{.Config.StopSignal}}", "made"}) ==
        "echo [a b] SIGINT");
  CHECK(out({"inspect", "-f",
             "{{.HostConfig.CapAdd}}{{.HostConfig.CapDrop}}{{.HostConfig.SecurityOpt}}"
             "{{.HostConfig.Binds}}",
             "made"}) == "[CHOWN][ALL][seccomp=unconfined][/tmp:/t:ro]");
  out({"rm", "made"});
  out({"import", "-c", "ENTRYPOINT [\"echo\", \"x\"]", "-c", "CMD [\"y\"]", host.busybox_root(),
       "entry"});
  out({"create", "--name", "made", "entry"});
  CHECK(out({"inspect", "-f", "{{.Config.Entrypoint}}{{.Config.Cmd}}", "made"}) == "[echo x][y]");
  out({"rm", "made"});
  out({"rmi", "entry"});
}

TEST_CASE_FIXTURE(Cli, "cli: filters of ps") {
  CHECK(cli({"run", "--name", "one", "busybox", "sh", "-c", "exit 3"}).code == 3);
  out({"create", "--name", "two", "busybox", "true"});
  out({"create", "--name", "three", "busybox", "true"});
  const auto names = [&](const Args& filters) {
    Args args = {"ps", "-a", "--format", "{{.Names}}"};
    for (const std::string& filter : filters) args.insert(args.end(), {"-f", filter});
    return out(args);
  };
  CHECK(names({"exited=3"}) == "one");
  CHECK(names({"before=two"}) == "one");
  CHECK(names({"since=two"}) == "three");
  CHECK(names({"name=^t"}) == "three\ntwo");
  CHECK(names({"name=^/two$"}) == "two");
  CHECK(names({"name=^t", "status=created", "since=one"}) == "three\ntwo");
  CHECK(names({"ancestor=busybox"}) == "three\ntwo\none");
  CHECK(cli({"ps", "-f", "since=nosuch"}).code == 1);
  CHECK(cli({"ps", "-f", "name=("}).code == 125);
  out({"container", "remove", "one", "two", "three"});
}

TEST_CASE_FIXTURE(Cli, "cli: filters of images") {
  out({"import", "-c", "LABEL kind=test", host.busybox_root(), "example.org/lib/tool:1"});
  const auto names = [&](Args args) {
    args.insert(args.begin(), {"images", "--format", "{{.Repository}}:{{.Tag}}"});
    return out(args);
  };
  CHECK(names({"busy*"}) == "busybox:latest");
  CHECK(names({"example.org/*/tool"}) == "example.org/lib/tool:1");
  CHECK(names({"-f", "reference=*/*/tool:1"}) == "example.org/lib/tool:1");
  CHECK(names({"-f", "label=kind=test"}) == "example.org/lib/tool:1");
  CHECK(names({"-f", "dangling=true"}).empty());
  CHECK(cli({"images", "-f", "bogus=1"}).code == 125);
  out({"image", "remove", "example.org/lib/tool:1"});
}

TEST_CASE_FIXTURE(Cli, "cli: logs of a time") {
  out({"run", "-d", "--name", "talk", "busybox", "sh", "-c", "echo a; sleep 0.3; echo b"});
  out({"wait", "talk"});
  const std::string stamped = out({"logs", "-t", "talk"});
  REQUIRE(lines_of(stamped).size() == 2);
  const std::string second = lines_of(stamped)[1].substr(0, lines_of(stamped)[1].find(' '));
  CHECK(out({"logs", "--since", second, "talk"}) == "b");
  CHECK(out({"logs", "--until", "5m", "talk"}).empty());
  CHECK(out({"logs", "--since", "5m", "talk"}) == "a\nb");
  CHECK(cli({"logs", "--since", "x", "talk"}).code == 125);
  out({"rm", "talk"});
}

TEST_CASE_FIXTURE(Cli, "cli: help by word") {
  CHECK(out({"help"}) == out({"--help"}));
  CHECK(out({"help", "run"}) == out({"run", "--help"}));
  CHECK(out({"help", "image", "ls"}) == out({"image", "ls", "--help"}));
  CHECK(cli({"help", "nosuch"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: import sets what it is told") {
  const std::string id = out({"import", "-m", "by hand", "-c", "ENV A=1 B=2", "-c", "EXPOSE 80",
                              host.busybox_root(), "made"},
                             {.env = std::map<std::string, std::string>{
                                  {"SOURCE_DATE_EPOCH", "1700000000"}, {"PATH", "/usr/bin:/bin"}}});
  CHECK(out({"inspect", "-f", "{{.Config.Env}} {{.Config.ExposedPorts}} {{.Created}}", "made"}) ==
        "[A=1 B=2] map[80/tcp:map[]] 2023-11-14T22:13:20Z");
  const auto again =
      cli({"import", "-m", "by hand", "-c", "ENV A=1 B=2", "-c", "EXPOSE 80", host.busybox_root()},
          {.env = std::map<std::string, std::string>{{"SOURCE_DATE_EPOCH", "1700000000"},
                                                     {"PATH", "/usr/bin:/bin"}}});
  CHECK(without_newline(again.out) == id);
  out({"rmi", "made"});
  out({"import", "-c", "CMD true", host.busybox_root(), "dated"});
  CHECK(matches(out({"images", "dated"}), "second"));
  CHECK_FALSE(contains(out({"images", "dated"}), "N/A"));
  out({"rmi", "dated"});
}

TEST_CASE_FIXTURE(Cli, "cli: a layout with a tag alone is called by its directory") {
  const fs::path dir = host.scratch / "base";
  out({"save", "--format", "oci-dir", "-o", dir, "busybox"});
  CHECK(
      contains(read_file(dir / "index.json"), "\"org.opencontainers.image.ref.name\":\"latest\""));
  CHECK(out({"load", "-i", dir}) == "Loaded image: busybox:latest");
  std::string index = read_file(dir / "index.json");
  index.replace(index.find("io.containerd.image.name"), 24, "io.example.other.unknown");
  write_file(dir / "index.json", index);
  CHECK(contains(out({"load", "-i", dir}), "Loaded image: base:latest"));
  out({"rmi", "base"});
  fs::remove_all(dir);
}

TEST_SUITE_BEGIN("cgroup");

TEST_CASE_FIXTURE(Cli, "cli: swap without a limit, shares as they are, no limit by 0") {
  const std::string reason = no_controller(runtime(), "memory");
  SKIP_IF(!reason.empty(), reason);
  CHECK(matches(out({"run", "--plan", "-m", "32m", "--memory-swap", "-1", "busybox", "true"}),
                "memory\\.swap\\.max = max|memory\\.memsw\\.limit_in_bytes = -1"));
  CHECK(cli({"run", "--rm", "-m", "32m", "--memory-swap", "-1", "--memory-reservation", "16m",
             "busybox", "true"})
            .code == 0);
  CHECK(cli({"run", "--rm", "-m", "0", "--cpus", "0", "-c", "0", "busybox", "true"}).code == 0);
  out({"run", "-d", "--name", "free", "busybox", "sleep", "60"});
  CHECK(
      matches(out({"stats", "--no-stream", "--format", "{{.MemUsage}}", "free"}), "/ .*GiB|MiB$"));
  out({"rm", "-f", "free"});
}

TEST_SUITE_END();

TEST_CASE_FIXTURE(Cli, "cli: fields of an OCI configuration") {
  const std::string file = (host.scratch / "part.json").string();
  write_file(file, R"({"linux": {"sysctl": {"net.ipv4.ip_forward": "1"}}})");
  CHECK(out({"run", "--rm", "--unsafe-oci-spec", file, "busybox", "cat",
             "/proc/sys/net/ipv4/ip_forward"}) == "1");
  write_file(file, R"({"hooks": {"poststop": [{"path": "/bin/true"}]}})");
  const CommandResult refused = cli({"run", "--rm", "--unsafe-oci-spec", file, "busybox", "true"});
  CHECK(refused.code == 125);
  CHECK(contains(refused.err, "hooks.poststop[0]"));
  CHECK(cli({"run", "--rm", "--unsafe-oci-spec", "/nosuch", "busybox", "true"}).code == 125);
}

TEST_CASE_FIXTURE(Cli, "cli: a network device of the host is moved into the container") {
  if (!is_root() || !has_program("ip")) return;
  const std::string file = (host.scratch / "part.json").string();
  write_file(file, R"({"linux": {"netDevices": {"give": {"name": "eth7"}}}})");
  const CommandResult moved = sh(
      R"(exec unshare --net sh -c 'ip link add give type veth peer name keep && ip address add 10.1.2.3/24 dev give && exec "$@"' sh "$@")",
      {"run", "--rm", "--unsafe-oci-spec", file, "busybox", "ip", "-o", "address", "show", "dev",
       "eth7"});
  CHECK_MESSAGE(moved.code == 0, moved.err);
  CHECK_MESSAGE(contains(moved.out, "inet 10.1.2.3/24"), moved.out);
}
