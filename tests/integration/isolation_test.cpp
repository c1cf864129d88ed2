// What a container sees and may do by default.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "integration/fixture.hpp"

using namespace tests;

namespace {

// Names of the host's network devices.
std::string host_devices() { return without_newline(command({"ls", "/sys/class/net"}).out); }

struct MountLine {
  std::string target, options, type;
};

// /proc/self/mountinfo, proc(5).
std::vector<MountLine> parse_mounts(const std::string& text) {
  std::vector<MountLine> result;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    std::string word, target, options, type;
    for (int i = 0; i < 4; ++i) words >> word;
    words >> target >> options;
    while (words >> word && word != "-") {
    }
    words >> type;
    result.push_back({target, "," + options + ",", type});
  }
  return result;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "isolation: processes") {
  CHECK(shell("echo $$") == "1");
  CHECK(shell("ps -o pid | wc -l; ls -d /proc/[0-9]* | wc -l") == "4\n3");
}

TEST_CASE_FIXTURE(Containers, "isolation: the host's name is not seen nor changed") {
  const std::string mine = without_newline(command({"uname", "-n"}).out);
  const std::string name = shell("hostname");
  CHECK(name.size() == 12);
  CHECK(name.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(shell("hostname", {.hostname = "other"}) == "other");
  CHECK(without_newline(command({"uname", "-n"}).out) == mine);
}

TEST_CASE_FIXTURE(Containers, "isolation: the network is the loopback device, and it is up") {
  CHECK(shell("ls /sys/class/net") == "lo");
  CHECK(contains(shell("ip addr show lo"), "127.0.0.1/8"));
  CHECK(
      shell("ping -c 1 127.0.0.1 >/dev/null 2>&1; "
            "nc -l -p 7 127.0.0.1 </dev/null & sleep 0.2; nc 127.0.0.1 7 </dev/null && echo up") ==
      "up");
}

TEST_CASE_FIXTURE(Containers, "isolation: network host") {
  CHECK(shell("ls /sys/class/net", {.network = cl::Network::host}) == host_devices());
}

TEST_CASE_FIXTURE(Containers, "isolation: every namespace is its own") {
  for (const std::string ns : {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup"})
    CHECK_MESSAGE(shell("readlink /proc/self/ns/" + ns) !=
                      std::filesystem::read_symlink("/proc/self/ns/" + ns).string(),
                  ns);
}

TEST_CASE_FIXTURE(Containers, "isolation: root is not the host's root") {
  const std::vector<std::string> map = lines_of(shell("cat /proc/self/uid_map"));
  REQUIRE_FALSE(map.empty());
  std::istringstream words(map[0]);
  unsigned long inside = 1, outside = 0, count = 0;
  words >> inside >> outside >> count;
  CHECK(inside == 0);
  if (is_root()) {
    CHECK(outside >= 65536);
    CHECK(count == 65536);
  }
}

TEST_CASE_FIXTURE(Containers, "isolation: two containers have different ids") {
  SKIP_IF(!is_root(), "needs root: a user has one range");
  cl::Container a = start({"sleep", "60"}), b = start({"sleep", "60"});
  CHECK(a.exec({"cat", "/proc/self/uid_map"}).out != b.exec({"cat", "/proc/self/uid_map"}).out);
}

TEST_CASE_FIXTURE(Containers, "isolation: user namespace of the host") {
  SKIP_IF(!is_root(), "needs root");
  CHECK(shell("readlink /proc/self/ns/user", {.user_namespace = cl::UserNamespace::host}) ==
        std::filesystem::read_symlink("/proc/self/ns/user").string());
  CHECK(shell("touch /x && stat -c %u /x /bin/busybox",
              {.user_namespace = cl::UserNamespace::host}) == "0\n0");
}

TEST_CASE_FIXTURE(Containers, "isolation: files of the image belong to the container's root") {
  CHECK(shell("stat -c %u:%g / /bin/busybox /etc/passwd") == "0:0\n0:0\n0:0");
}

TEST_CASE_FIXTURE(Containers, "isolation: the mounts, and their flags") {
  const auto mounts = parse_mounts(shell("cat /proc/self/mountinfo"));
  const auto find = [&](const std::string& target) -> const MountLine* {
    const auto it = std::find_if(mounts.begin(), mounts.end(),
                                 [&](const MountLine& m) { return m.target == target; });
    return it == mounts.end() ? nullptr : &*it;
  };
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"/", "overlay"},          {"/proc", "proc"},     {"/dev", "tmpfs"}, {"/dev/pts", "devpts"},
      {"/dev/mqueue", "mqueue"}, {"/dev/shm", "tmpfs"}, {"/sys", "sysfs"}};
  for (const auto& pair : expected) {
    const std::string &target = pair.first, &type = pair.second;
    const MountLine* mount = find(target);
    REQUIRE_MESSAGE(mount, target);
    CHECK_MESSAGE(mount->type == type, target);
    CHECK_MESSAGE(contains(mount->options, ",nosuid,"), target << mount->options);
  }
  for (const std::string target : {"/", "/proc", "/sys", "/dev/shm", "/dev/mqueue"})
    CHECK_MESSAGE(contains(find(target)->options, ",nodev,"), target);
  for (const std::string target : {"/proc", "/sys", "/dev/shm", "/dev/mqueue", "/dev/pts"})
    CHECK_MESSAGE(contains(find(target)->options, ",noexec,"), target);
  CHECK(contains(find("/sys")->options, ",ro,"));
  for (const MountLine& mount : mounts)
    CHECK_MESSAGE(!contains(mount.target, host.scratch.string()), mount.target);
}

TEST_CASE_FIXTURE(Containers, "isolation: the kernel's settings cannot be written") {
  for (const std::string path :
       {"/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity", "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run"}) {
    const cl::Completed done =
        run({"sh", "-c", std::string("[ ! -e ") + path + " ] || echo x > " + path});
    if (std::filesystem::exists(path)) CHECK_MESSAGE(!done.status.success(), path);
  }
}

TEST_CASE_FIXTURE(Containers, "isolation: masked paths are empty") {
  for (const std::string path : {"/proc/kcore", "/proc/keys", "/proc/timer_list",
                                 "/proc/interrupts", "/proc/sched_debug", "/proc/latency_stats"})
    CHECK_MESSAGE(shell(std::string("[ ! -e ") + path + " ] || head -c 1 " + path +
                        " | wc -c | "
                        "grep -v 0 || true")
                      .empty(),
                  path);
  for (const std::string path :
       {"/proc/acpi", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"})
    CHECK_MESSAGE(shell(std::string("ls -A ") + path + " 2>/dev/null || true").empty(), path);
}

TEST_CASE_FIXTURE(Containers, "isolation: masked paths are shown on request") {
  SKIP_IF(!std::filesystem::exists("/proc/interrupts"), "no /proc/interrupts");
  CHECK(shell("head -c 1 /proc/interrupts | wc -c", {.unmasked_paths = true}) == "1");
}

TEST_CASE_FIXTURE(Containers, "isolation: eleven capabilities, no new privileges, a filter") {
  // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, FSETID 4, KILL 5, SETGID 6, SETUID 7, SETPCAP 8,
  // NET_BIND_SERVICE 10, SYS_CHROOT 18, SETFCAP 31.
  const std::string mask = "00000000800405fb";
  const std::string status = shell("cat /proc/self/status");
  CHECK(contains(status, "CapBnd:\t" + mask));
  CHECK(contains(status, "CapEff:\t" + mask));
  CHECK(contains(status, "CapPrm:\t" + mask));
  CHECK(contains(status, "CapInh:\t0000000000000000"));
  CHECK(contains(status, "CapAmb:\t0000000000000000"));
  CHECK(contains(status, "NoNewPrivs:\t1"));
  CHECK(contains(status, "Seccomp:\t2"));
}

TEST_CASE_FIXTURE(Containers, "isolation: capabilities added and dropped") {
  const auto bounding = [&](Args add, Args drop) {
    return shell("grep CapBnd /proc/self/status", {.cap_add = add, .cap_drop = drop}).substr(8);
  };
  CHECK(bounding({}, {"ALL"}) == "0000000000000000");
  CHECK(bounding({"NET_RAW"}, {"ALL"}) == "0000000000002000");
  CHECK(bounding({"CAP_NET_RAW"}, {"CHOWN"}) == "00000000800425fa");
  const auto error = error_of([&] { bounding({"NO_SUCH"}, {}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::invalid_option);
  CHECK(contains(error->what(), "NO_SUCH"));
}

TEST_CASE_FIXTURE(Containers, "isolation: new privileges and no filter on request") {
  CHECK(contains(shell("cat /proc/self/status", {.new_privileges = true}), "NoNewPrivs:\t0"));
  CHECK(contains(shell("cat /proc/self/status", {.seccomp = cl::Seccomp::unconfined()}),
                 "Seccomp:\t0"));
}

TEST_CASE_FIXTURE(Containers, "isolation: dangerous system calls are refused") {
  for (const std::string call : {"mount -t tmpfs x /tmp", "unshare -U true", "unshare -m true",
                                 "umount /proc", "swapoff -a", "chroot . mknod /dev/x c 1 1"}) {
    const cl::Completed done = run({"sh", "-c", call});
    CHECK_MESSAGE((call == std::string("swapoff -a") || !done.status.success()), call);
  }
}

TEST_CASE_FIXTURE(Containers, "isolation: seccomp rules of one's own") {
  cl::Seccomp seccomp = cl::Seccomp::standard();
  seccomp.deny({"mkdir", "mkdirat"}, EDOM);
  const cl::Completed done = run({"mkdir", "/tmp/x"}, {.seccomp = seccomp});
  CHECK_FALSE(done.status.success());
  CHECK(contains(done.err, "argument out of domain"));
  cl::Seccomp wrong = cl::Seccomp::standard();
  wrong.allow({"no_such_call"});
  const auto error = error_of([&] { run({"true"}, {.seccomp = wrong}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::invalid_option);
  CHECK(contains(error->what(), "no_such_call"));
}

TEST_CASE_FIXTURE(Containers, "isolation: no core dumps") {
  CHECK(shell("ulimit -c; ulimit -Hc") == "0\n0");
}

TEST_CASE_FIXTURE(Containers, "isolation: a session keyring of its own") {
  SKIP_IF(!std::filesystem::exists("/proc/keys"), "the kernel has no /proc/keys");
  // The file also shows what others of the same user have, as the user's own session keyring.
  const std::string keys = shell("hostname; cat /proc/keys", {.unmasked_paths = true});
  CHECK(contains(keys, " keyring   _ses." + lines_of(keys).at(0) + ":"));
}

TEST_CASE_FIXTURE(Containers, "isolation: the devices, and nothing else") {
  CHECK(shell("cd /dev; ls -A | tr '\\n' ' '") ==
        "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ");
  CHECK(shell("cd /dev; stat -c '%n %t:%T %a' null zero full random urandom tty") ==
        "null 1:3 666\nzero 1:5 666\nfull 1:7 666\nrandom 1:8 666\nurandom 1:9 666\ntty 5:0 666");
  CHECK(shell("echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c") ==
        "3\n4");
  CHECK_FALSE(run({"sh", "-c", "echo x > /dev/full"}).status.success());
}

TEST_CASE_FIXTURE(Containers, "isolation: a read-only root") {
  const cl::Completed done = run({"touch", "/x"}, {.read_only = true});
  CHECK_FALSE(done.status.success());
  CHECK(contains(done.err, "Read-only file system"));
  CHECK(shell("echo x > /dev/shm/x && cat /dev/shm/x", {.read_only = true}) == "x");
  CHECK(shell("echo x > /tmp/x && cat /tmp/x",
              {.mounts = {{.target = "/tmp"}}, .read_only = true}) == "x");
}

TEST_CASE_FIXTURE(Containers, "mounts: a tmpfs and its options") {
  const std::string seen = shell(
      "stat -c %a /t; df -k /t | tail -1 | tr -s ' ' | cut -d' ' -f2; grep ' /t ' /proc/mounts",
      {.mounts = {{.target = "/t", .tmpfs_size = 2_MiB, .tmpfs_mode = 0700}}});
  CHECK(contains(seen, "700\n2048\n"));
  CHECK(contains(seen, "nosuid"));
  CHECK(contains(seen, "nodev"));
  CHECK_FALSE(
      run({"touch", "/t/x"}, {.mounts = {{.target = "/t", .read_only = true}}}).status.success());
}

TEST_CASE_FIXTURE(Containers, "mounts: a directory of the host is read-only unless asked") {
  const auto dir = host.scratch / "shared";
  std::filesystem::create_directories(dir);
  write_file(dir / "file", "host\n");
  CHECK(shell("cat /m/file; stat -c %u /m/file", {.mounts = {{.source = dir, .target = "/m"}}}) ==
        "host\n0");
  const cl::Completed refused =
      run({"sh", "-c", "echo x > /m/file"}, {.mounts = {{.source = dir, .target = "/m"}}});
  CHECK_FALSE(refused.status.success());
  CHECK(contains(refused.err, "Read-only file system"));
  shell("echo mine > /m/new && echo more >> /m/file",
        {.mounts = {{.source = dir, .target = "/m", .writable = true}}});
  CHECK(read_file(dir / "new") == "mine\n");
  CHECK(read_file(dir / "file") == "host\nmore\n");
  struct stat info = {};
  REQUIRE(::stat((dir / "new").c_str(), &info) == 0);
  CHECK(info.st_uid == ::geteuid());  // container root's files are the host user's, not the range's
  CHECK(info.st_gid == ::getegid());
  CHECK(contains(shell("grep ' /m ' /proc/mounts", {.mounts = {{.source = dir, .target = "/m"}}}),
                 "nosuid"));
  std::filesystem::remove_all(dir);
}

TEST_CASE_FIXTURE(Containers, "mounts: a single file, and targets that are made") {
  const auto file = host.scratch / "single";
  write_file(file, "one file\n");
  CHECK(shell("cat /etc/passwd", {.mounts = {{.source = file, .target = "/etc/passwd"}}}) ==
        "one file");
  CHECK(shell("cat /made/for/it", {.mounts = {{.source = file, .target = "/made/for/it"}}}) ==
        "one file");
  std::filesystem::remove(file);
}

TEST_CASE_FIXTURE(Containers, "mounts: a symlink of the image leads the target nowhere else") {
  const auto dir = host.scratch / "linked";
  std::filesystem::create_directories(dir);
  write_file(dir / "file", "x\n");
  // /var/run -> /run is usual; the mount goes where the link leads inside the root.
  const auto root = host.scratch / "linked-root";
  std::filesystem::copy(
      host.busybox_root(), root,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::create_directory_symlink("/../../run", root / "var/run");
  const cl::Image image = runtime().import(root, {.tag = "linked"});
  CHECK(runtime()
            .run(image, {.args = {"cat", "/run/data/file"},
                         .mounts = {{.source = dir, .target = "/var/run/data"}}})
            .out == "x\n");
  CHECK_FALSE(std::filesystem::exists("/run/data"));
  runtime().remove_image("linked");
  std::filesystem::remove_all(root);
  std::filesystem::remove_all(dir);
}

TEST_CASE_FIXTURE(Containers, "isolation: file mode creation mask") {
  CHECK(shell("umask") == "0022");
}
