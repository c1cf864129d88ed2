// Mounts, devices and paths of a bundle, as its process sees them.
#include <doctest/doctest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "integration/bundle.hpp"
#include "support/skip.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

bool is_root() { return ::geteuid() == 0; }

/// A line of /proc/self/mountinfo: "rw,relatime", "shared:1", "rw,size=64k".
struct MountInfo {
  std::string options, tags, superblock;
};

/// By target. A line's fields after its sixth end with "-".
std::map<std::string, MountInfo> mounts_in(const std::string& text) {
  std::map<std::string, MountInfo> out;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    std::string id, parent, device, root, target, word;
    MountInfo info;
    words >> id >> parent >> device >> root >> target >> info.options;
    while (words >> word && word != "-") info.tags += word + " ";
    words >> word >> word >> info.superblock;
    out[target] = info;
  }
  return out;
}

std::map<std::string, MountInfo> mounts_of(const Bundle& bundle, BundleConfig config) {
  config.script = "cat /proc/self/mountinfo";
  const CommandResult result = bundle.run(config);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return mounts_in(result.out);
}

bool has_option(const std::string& options, const std::string& option) {
  return contains("," + options + ",", "," + option + ",");
}

struct OptionCase {
  std::string option;
  std::string shown;    ///< in the mount's options
  std::string missing;  ///< not there
};
// As /proc/PID/mountinfo shows them; strictatime it shows by the lack of another.
const std::vector<OptionCase> attributes = {{"ro", "ro", "rw"},
                                            {"rw", "rw", "ro"},
                                            {"nosuid", "nosuid", ""},
                                            {"suid", "", "nosuid"},
                                            {"nodev", "nodev", ""},
                                            {"dev", "", "nodev"},
                                            {"noexec", "noexec", ""},
                                            {"exec", "", "noexec"},
                                            {"noatime", "noatime", ""},
                                            {"atime", "relatime", "noatime"},
                                            {"relatime", "relatime", ""},
                                            {"norelatime", "", "noatime"},
                                            {"strictatime", "", "relatime"},
                                            {"nostrictatime", "relatime", ""},
                                            {"nodiratime", "nodiratime", ""},
                                            {"diratime", "", "nodiratime"},
                                            {"nosymfollow", "nosymfollow", ""},
                                            {"symfollow", "", "nosymfollow"}};

/// In a user namespace the host's mounts keep what they have, and how they count accesses
/// (mount_namespaces(7)).
bool may_bind_with(const OptionCase& c) {
  return is_root() || (c.shown == c.option && !contains(c.option, "atime") && c.option != "rw");
}

void check_option(const OptionCase& c, const MountInfo& info) {
  CAPTURE(c.option);
  CAPTURE(info.options);
  if (!c.shown.empty()) CHECK(has_option(info.options, c.shown));
  if (!c.missing.empty()) CHECK_FALSE(has_option(info.options, c.missing));
}

const std::string host_tree =
    "mount -t tmpfs -o nosuid,nodev,noexec,noatime,nodiratime top $1 && mkdir $1/sub && "
    "mount -t tmpfs -o nosuid,nodev,noexec,noatime,nodiratime,ro below $1/sub && "
    "mount -o remount,bind,ro $1\n";

/// For BundleConfig::host_script: `script` with $1 as this directory.
std::string on(const fs::path& dir, const std::string& script) {
  return "on() { " + script + "\n}; on " + dir.string();
}

struct LoopDevice {
  explicit LoopDevice(const fs::path& file)
      : path(lines_of(command({"losetup", "--find", "--show", file}).out).at(0)) {}
  LoopDevice(const LoopDevice&) = delete;
  ~LoopDevice() { command({"losetup", "--detach", path}); }
  const std::string path;
};

}  // namespace

TEST_CASE("every attribute of a new file system and of a bind mount") {
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "source");
  BundleConfig config;
  for (const std::string prefix : {"", "r"})
    for (const OptionCase& c : attributes) {
      const std::string option = prefix + c.option;
      config.mounts.push_back(mount_json("/fs/" + option, "tmpfs", "tmpfs", {option}));
      if (may_bind_with(c))
        config.mounts.push_back(mount_json("/bind/" + option, "none", "source", {"rbind", option}));
    }
  auto mounts = mounts_of(bundle, config);
  for (const std::string prefix : {"", "r"})
    for (const OptionCase& c : attributes) {
      check_option(c, mounts["/fs/" + prefix + c.option]);
      if (may_bind_with(c)) check_option(c, mounts["/bind/" + prefix + c.option]);
    }
}

TEST_CASE("options of the superblock, and those that ask for nothing") {
  const Bundle bundle;
  BundleConfig config;
  const std::vector<std::string> shown = {"sync", "dirsync", "lazytime", "mand"};
  const std::vector<std::string> plain = {"async", "nolazytime", "nomand",     "defaults", "silent",
                                          "loud",  "iversion",   "noiversion", "private",  "slave"};
  for (const auto* list : {&shown, &plain})
    for (const std::string& option : *list)
      config.mounts.push_back(mount_json("/" + option, "tmpfs", "tmpfs", {option}));
  config.mounts.push_back(mount_json("/list", "tmpfs", "name", {"size=64k,nr_inodes=7"}));
  auto mounts = mounts_of(bundle, config);
  for (const std::string& option : shown)
    CHECK_MESSAGE(has_option(mounts["/" + option].superblock, option), option);
  for (const std::string& option : plain)
    CHECK_MESSAGE(mounts["/" + option].options == "rw,relatime", option);
  CHECK(has_option(mounts["/list"].superblock, "size=64k"));
  CHECK(has_option(mounts["/list"].superblock, "nr_inodes=7"));
}

TEST_CASE("a bind mount keeps what its source has, but what the options clear") {
  SKIP_IF(!is_root(), "needs root: to mount on the host");
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "source");
  BundleConfig config;
  config.host_script = on(bundle.dir() / "source", host_tree);
  config.mounts = {
      mount_json("/kept", "bind", "source", {"rbind"}),
      mount_json("/top", "bind", "source", {"rbind", "rw", "suid", "dev", "exec", "atime"}),
      mount_json("/all", "bind", "source",
                 {"rbind", "rrw", "rsuid", "rdev", "rexec", "ratime", "rdiratime"}),
      mount_json("/alone", "bind", "source", {"bind"})};
  auto mounts = mounts_of(bundle, config);
  const std::string source = "ro,nosuid,nodev,noexec,noatime,nodiratime";
  CHECK(mounts["/kept"].options == source);
  CHECK(mounts["/kept/sub"].options == source);
  CHECK(mounts["/top"].options == "rw,nodiratime,relatime");
  CHECK(mounts["/top/sub"].options == source);
  CHECK(mounts["/all"].options == "rw,relatime");
  CHECK(mounts["/all/sub"].options == "rw,relatime");
  CHECK(mounts.contains("/alone"));
  CHECK_FALSE(mounts.contains("/alone/sub"));
}

TEST_CASE("mounts come to the host, or from it, only as asked") {
  SKIP_IF(!is_root(), "needs root: to mount on the host");
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "source");
  const std::string shared =
      "mount -t tmpfs top $1 && mount --make-shared $1 && mkdir $1/sub $1/new && "
      "mount -t tmpfs below $1/sub && trap \"grep -c ' $1/new ' /proc/self/mountinfo\" EXIT";
  const auto seen_by_host = [&](const std::string& propagation, bool user_namespace = false) {
    BundleConfig config;
    config.host_script = on(bundle.dir() / "source", shared);
    config.mounts = {mount_json("/m", "bind", "source", {"rbind", propagation})};
    config.user_namespace = user_namespace;
    config.script = "mount -t tmpfs other /m/new";
    return bundle.run(config).out;
  };
  CHECK(seen_by_host("rshared") == "1\n");
  CHECK(seen_by_host("shared") == "1\n");
  for (const char* propagation : {"rslave", "rprivate", "runbindable", "rbind"})
    CHECK_MESSAGE(seen_by_host(propagation) == "0\n", propagation);
  BundleConfig config;
  config.host_script = on(bundle.dir() / "source", shared);
  for (const char* propagation : {"rshared", "rslave", "rprivate", "runbindable"})
    config.mounts.push_back(
        mount_json(std::string("/") + propagation, "bind", "source", {"rbind", propagation}));
  auto mounts = mounts_of(bundle, config);
  CHECK(mounts["/rshared/sub"].tags.starts_with("shared:"));
  CHECK(mounts["/rslave/sub"].tags.starts_with("master:"));
  CHECK(mounts["/rprivate/sub"].tags == "");
  CHECK(mounts["/runbindable/sub"].tags == "unbindable ");
}

TEST_CASE("the root's propagation") {
  const Bundle bundle;
  const auto root_of = [&](const std::string& propagation, const std::string& host = "") {
    BundleConfig config;
    config.linux_members = R"(, "rootfsPropagation": ")" + propagation + "\"";
    config.host_script = host;
    return mounts_of(bundle, config)["/"].tags;
  };
  CHECK(root_of("private") == "");
  CHECK(root_of("slave") == "");
  CHECK(root_of("unbindable") == "unbindable ");
  CHECK(root_of("shared").starts_with("shared:"));
  SKIP_IF(!is_root(), "needs root: to mount on the host");
  const std::string host =
      on(bundle.dir(), "mount --bind $1 $1 && mount --make-shared $1 && cd / && cd $1");
  CHECK(root_of("slave", host).starts_with("master:"));
  CHECK(root_of("private", host) == "");
  CHECK_FALSE(contains(root_of("shared", host), "master:"));
}

TEST_CASE("a mount with id mappings of its own, or the container's") {
  SKIP_IF(!is_root(), "needs root: idmapped mounts");
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "source");
  const std::string ids = R"([{"containerID": 0, "hostID": 5000, "size": 10}])";
  const std::string more = R"(, "uidMappings": )" + ids + R"(, "gidMappings": )" + ids;
  BundleConfig config;
  config.script = "stat -c %u:%g /m /n";
  config.mounts = {mount_json("/m", "bind", "source", {"bind", "idmap"}, more),
                   mount_json("/n", "bind", "source", {"rbind", "ridmap"}, more)};
  CHECK(bundle.run(config).out == "5000:5000\n5000:5000\n");
  config.user_namespace = true;
  config.mounts = {mount_json("/m", "bind", "source", {"bind", "idmap"}),
                   mount_json("/n", "bind", "source", {"rbind"})};
  CHECK(bundle.run(config).out == "0:0\n65534:65534\n");
  config.user_namespace = false;
  const CommandResult refused = bundle.run(config);
  CHECK(refused.code != 0);
  CHECK_MESSAGE(contains(refused.err, "mounts[4].options"), refused.err);
}

TEST_CASE("an earlier mount is mounted anew") {
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "source");
  BundleConfig config;
  config.mounts = {mount_json("/m", "tmpfs", "tmpfs", {"size=64k", "noexec"}),
                   mount_json("/b", "bind", "source", {"bind"}),
                   mount_json("/m", "", "", {"remount", "ro", "exec", "size=128k"}),
                   mount_json("/b", "", "", {"remount", "bind", "nodev", "ro"}),
                   mount_json("/", "", "", {"remount", "nosuid"})};
  auto mounts = mounts_of(bundle, config);
  CHECK(mounts["/m"].options == "ro,relatime");
  CHECK(has_option(mounts["/m"].superblock, "size=128k"));
  CHECK(mounts["/b"].options.starts_with("ro,nodev"));
  CHECK(has_option(mounts["/"].options, "nosuid"));
}

TEST_CASE("tmpcopyup: what is below is in the new file system") {
  const Bundle bundle;
  const fs::path up = bundle.rootfs() / "up";
  fs::create_directories(up / "dir");
  write_file(up / "dir/file", std::string(300000, 'x') + "end\n");
  fs::permissions(up / "dir/file", fs::perms(04751));
  fs::permissions(up / "dir", fs::perms(0711));
  fs::permissions(up, fs::perms(01770));
  fs::create_symlink("/etc/passwd", up / "link");
  fs::last_write_time(up / "dir/file", fs::file_time_type::clock::now() - std::chrono::hours(9999));
  const bool xattrs = ::setxattr((up / "dir/file").c_str(), "user.key", "value", 5, 0) == 0;
  const auto time = command({"stat", "-c", "%Y", up / "dir/file"}).out;
  BundleConfig config;
  config.mounts = {mount_json("/up", "tmpfs", "tmpfs", {"tmpcopyup", "ro"}),
                   mount_json("/tmp", "tmpfs", "tmpfs", {})};
  config.script =
      "stat -c %a /up /up/dir /up/dir/file /tmp; readlink /up/link; tail -n 1 /up/dir/file | "
      "tail -c 4; stat -c %Y /up/dir/file; touch /up/x 2>&1 | grep -o Read-only";
  CHECK(bundle.run(config).out ==
        "1770\n711\n4751\n1777\n/etc/passwd\nend\n" + time + "Read-only\n");
  CHECK_MESSAGE(xattrs, "no user.* attributes here");
}

TEST_CASE("overlay and disks, with paths as given") {
  SKIP_IF(!is_root(), "needs root: to mount a disk");
  const Bundle bundle;
  std::string lowers;
  for (const char c : {'a', 'b', 'c', 'd'}) {
    const fs::path lower = bundle.dir() / std::string(80, c);
    fs::create_directory(lower);
    write_file(lower / std::string(1, c), "");
    lowers += (lowers.empty() ? "" : ":") + lower.string();
  }
  BundleConfig config;
  config.mounts = {mount_json("/m", "overlay", "overlay", {"lowerdir=" + lowers})};
  config.script = "echo /m/*";
  CHECK(bundle.run(config).out == "/m/a /m/b /m/c /m/d\n");
  const fs::path disk = bundle.dir() / "disk";
  write_file(disk, "");
  fs::resize_file(disk, 8 << 20);
  SKIP_IF(command({"mkfs.ext4", "-q", disk}).code != 0, "no mkfs.ext4");
  const LoopDevice loop(disk);
  config.mounts = {mount_json("/m", "ext4", loop.path, {"ro"})};
  auto mounts = mounts_of(bundle, config);
  CHECK(mounts["/m"].options == "ro,relatime");
  CHECK(has_option(mounts["/m"].superblock, "ro"));
  config.mounts.push_back(mount_json("/m", "", "", {"remount", "rw", "noatime"}));
  mounts = mounts_of(bundle, config);
  CHECK(mounts["/m"].options == "rw,noatime");
  CHECK(has_option(mounts["/m"].superblock, "rw"));
}

TEST_CASE("the default devices: in a /dev of the container, and in that of its root") {
  const Bundle bundle;
  BundleConfig config;
  config.script =
      "for i in null zero full random urandom tty; do stat -c '%n %F %t:%T' /dev/$i; done; "
      "for i in fd stdin stdout stderr ptmx; do readlink /dev/$i; done; echo > /dev/null";
  const std::string expected =
      "/dev/null character special file 1:3\n/dev/zero character special file 1:5\n"
      "/dev/full character special file 1:7\n/dev/random character special file 1:8\n"
      "/dev/urandom character special file 1:9\n/dev/tty character special file 5:0\n"
      "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n";
  for (const bool own_dev : {true, false, false}) {  // the last finds what that before it left
    config.own_dev = own_dev;
    const CommandResult result = bundle.run(config);
    CHECK_MESSAGE(result.out == expected, result.err);
  }
}

TEST_CASE("devices with their type, mode and owner") {
  SKIP_IF(!is_root(), "needs root: to make devices");
  const Bundle bundle;
  BundleConfig config;
  config.linux_members = R"(, "devices": [
      {"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200, "fileMode": 416,
       "uid": 5, "gid": 6},
      {"path": "/dev/absent", "type": "b", "major": 240, "minor": 77},
      {"path": "/opt/zero", "type": "u", "major": 1, "minor": 5},
      {"path": "/dev/pipe", "type": "p", "fileMode": 384},
      {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 384}])";
  config.script =
      "stat -c '%n %F %a %u:%g %t:%T' /dev/net/tun /dev/absent /opt/zero /dev/pipe "
      "/dev/null";
  CHECK(bundle.run(config).out ==
        "/dev/net/tun character special file 640 5:6 a:c8\n"
        "/dev/absent block special file 666 0:0 f0:4d\n"
        "/opt/zero character special file 666 0:0 1:5\n"
        "/dev/pipe fifo 600 0:0 0:0\n"
        "/dev/null character special file 600 0:0 1:3\n");
}

TEST_CASE("a device that is another one is refused") {
  const Bundle bundle;
  BundleConfig config;
  config.user_namespace = true;
  const auto refusal = [&](const std::string& device) {
    config.linux_members = R"(, "devices": [)" + device + "]";
    const CommandResult result = bundle.run(config);
    CHECK(result.code != 0);
    return result.err;
  };
  std::string what = refusal(R"({"path": "/dev/zero", "type": "c", "major": 1, "minor": 7})");
  CHECK_MESSAGE(contains(what, "/dev/zero"), what);
  what = refusal(R"({"path": "/dev/absent", "type": "c", "major": 240, "minor": 7})");
  CHECK_MESSAGE(contains(what, "/dev/absent"), what);
  what = refusal(R"({"path": "/bin", "type": "p"})");
  CHECK_MESSAGE(contains(what, "/bin"), what);
}

TEST_CASE("masked paths show nothing, read-only paths stay what else they are") {
  const Bundle bundle;
  fs::create_directories(bundle.rootfs() / "secret/dir");
  write_file(bundle.rootfs() / "secret/file", "told\n");
  write_file(bundle.rootfs() / "secret/dir/file", "told\n");
  fs::create_directory(bundle.dir() / "source");
  write_file(bundle.dir() / "source/file", "told\n");
  for (const bool user_namespace : {false, true}) {
    BundleConfig config;
    config.user_namespace = user_namespace;
    config.mounts = {mount_json("/mounted", "bind", "source", {"bind"})};
    config.linux_members =
        R"(, "maskedPaths": ["/secret/file", "/secret/dir", "/mounted", "/none", "/bin/busybox/x"],
            "readonlyPaths": ["/bin", "/proc/sys", "/none"])";
    config.script =
        "cat /secret/file; ls /secret/dir /mounted; touch /bin/new 2>&1 | grep -o Read-only; "
        "(echo x > /proc/sys/kernel/domainname) 2>/dev/null || echo refused; /bin/busybox echo "
        "runs";
    const CommandResult result = bundle.run(config);
    CHECK_MESSAGE(result.out == "/mounted:\n\n/secret/dir:\nRead-only\nrefused\nruns\n",
                  result.err);
  }
}

TEST_CASE("a read-only root and a read-only /dev hold all that the config puts there") {
  const Bundle bundle;
  BundleConfig config;
  config.root_members = R"(, "readonly": true)";
  config.mounts = {mount_json("/new/dir", "tmpfs", "tmpfs", {"ro"}),
                   mount_json("/new/dir/below", "tmpfs", "tmpfs", {}),
                   mount_json("/dev", "", "", {"remount", "nosuid"})};
  config.script =
      "touch /x 2>&1 | grep -o Read-only; touch /new/dir/x 2>&1 | grep -o Read-only; "
      "touch /new/dir/below/x && echo made";
  CHECK(bundle.run(config).out == "Read-only\nRead-only\nmade\n");
}

TEST_CASE("without pivot_root the root is the same, and the host's /proc is gone") {
  const Bundle bundle;
  BundleConfig config;
  config.options = {"--no-pivot"};
  config.script = "ls -d /bin /../../etc; grep -c ' - proc ' /proc/self/mountinfo";
  const CommandResult result = bundle.run(config);
  CHECK_MESSAGE(contains(result.out, "/bin\n"), result.err);
}

TEST_CASE("SEC-01 SEC-02 what would put something else in place of /proc or /sys is refused") {
  const Bundle bundle;
  fs::create_directory(bundle.dir() / "fake");
  const auto refusal = [&](const std::string& mount) {
    BundleConfig config;
    config.mounts = {mount};
    const CommandResult result = bundle.run(config);
    CHECK(result.code != 0);
    return result.err;
  };
  std::string what = refusal(mount_json("/proc", "bind", "fake", {"rbind"}));
  CHECK_MESSAGE(contains(what, "mounts[4].source"), what);
  what = refusal(mount_json("/proc/self/attr", "bind", "fake", {"rbind"}));
  CHECK_MESSAGE(contains(what, "mounts[4].destination"), what);
  what = refusal(mount_json("/m", "bind", "absent", {"rbind"}));
  CHECK_MESSAGE(contains(what, "mounts[4].source"), what);
  what = refusal(mount_json("/m", "tmpfs", "tmpfs", {"nonsense=1"}));
  CHECK_MESSAGE(contains(what, "nonsense=1"), what);
  for (const char* link : {"proc", "sys", "dev"}) {
    const Bundle linked;
    fs::remove(linked.rootfs() / link);
    fs::create_symlink("/tmp", linked.rootfs() / link);
    const CommandResult result = linked.run({});
    CHECK(result.code != 0);
    CHECK_MESSAGE(contains(result.err, std::string("/") + link), result.err);
    CHECK(fs::is_empty(linked.rootfs() / "tmp"));
  }
}

TEST_CASE("figures of the machine in /proc may be covered") {
  const Bundle bundle;
  write_file(bundle.dir() / "cpus", "none\n");
  BundleConfig config;
  config.mounts = {mount_json("/proc/cpuinfo", "bind", "cpus", {"bind"}),
                   mount_json("/proc/net/dev", "bind", "cpus", {"bind"})};
  config.script = "cat /proc/cpuinfo";
  const CommandResult result = bundle.run(config);
  CHECK_MESSAGE(result.out == "none\n", result.err);
}
