// Which ids a container has, and whose the files are that it makes in a volume.
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "integration/cli_fixture.hpp"

using namespace tests;
using cl::UserNamespace;

namespace {

struct MapLine {
  unsigned long inside = 0, outside = 0, count = 0;
};

std::vector<MapLine> parse_map(const std::string& text) {
  std::vector<MapLine> map;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    MapLine out;
    words >> out.inside >> out.outside >> out.count;
    map.push_back(out);
  }
  return map;
}

std::string own_ids() { return std::to_string(::geteuid()) + ":" + std::to_string(::getegid()); }

std::string owner_of(const std::filesystem::path& path) {
  struct stat st = {};
  REQUIRE(::lstat(path.c_str(), &st) == 0);
  return std::to_string(st.st_uid) + ":" + std::to_string(st.st_gid);
}

/// A directory of the host that everybody may write to, with a file of the caller's.
class Volume {
 public:
  explicit Volume(const Host& host) : path(host.scratch / "volume") {
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::all);
    write_file(path / "mine", "");
  }
  Volume(const Volume&) = delete;
  ~Volume() { std::filesystem::remove_all(path); }
  cl::ContainerOptions options(UserNamespace users, std::string user = {}) const {
    return {.user = std::move(user),
            .mounts = {{.source = path, .target = "/volume", .writable = true}},
            .user_namespace = users};
  }
  const std::filesystem::path path;
};

const std::string no_copies = "needs an ordinary user with subordinate ids";
bool can_map_own_id() { return !is_root() && has_ids(); }

/// What `id` says of user and group.
constexpr const char* who = "echo $(id -u):$(id -g)";

}  // namespace

TEST_CASE_FIXTURE(Containers, "userns auto: a file in a volume belongs to whom it seems to") {
  const Volume volume(host);
  CHECK(shell("stat -c %u:%g /volume/mine; touch /volume/root",
              volume.options(UserNamespace::automatic)) == "0:0");
  // As root the mount shifts ids back; rootless, container root is the caller.
  CHECK(owner_of(volume.path / "root") == own_ids());
  SKIP_IF(!has_ids(), "needs more than one id");
  shell("touch /volume/user", volume.options(UserNamespace::automatic, "1000:1000"));
  if (is_root()) CHECK(owner_of(volume.path / "user") == "1000:1000");
  if (!is_root()) CHECK(owner_of(volume.path / "user") != own_ids());
}

TEST_CASE_FIXTURE(Containers, "userns host: a file in a volume belongs to the same id") {
  const Volume volume(host);
  shell("touch /volume/root", volume.options(UserNamespace::host));
  CHECK(owner_of(volume.path / "root") == own_ids());
  SKIP_IF(!is_root(), "rootless it is as auto");
  shell("touch /volume/user", volume.options(UserNamespace::host, "1000:1000"));
  CHECK(owner_of(volume.path / "user") == "1000:1000");
}

TEST_CASE_FIXTURE(Containers, "userns keep_id: the caller is the same inside and out") {
  SKIP_IF(!can_map_own_id(), no_copies);
  const Volume volume(host);
  const auto options = volume.options(UserNamespace::keep_id);
  CHECK(shell(who, options) == own_ids());
  CHECK(shell("stat -c %u:%g /volume/mine; touch /volume/kept", options) == own_ids());
  CHECK(owner_of(volume.path / "kept") == own_ids());
  // Another user is one of the subordinate ids, root too, who owns the image's files.
  const auto as_root = volume.options(UserNamespace::keep_id, "0");
  CHECK(shell("stat -c %u:%g / /bin/busybox; touch /etc/new /volume/root; stat -c %u /etc/new",
              as_root) == "0:0\n0:0\n0");
  CHECK(owner_of(volume.path / "root") != own_ids());
}

TEST_CASE_FIXTURE(Containers, "userns keep_id: every other id is there too, each once") {
  SKIP_IF(!can_map_own_id(), no_copies);
  const auto map =
      parse_map(shell("cat /proc/self/uid_map", {.user_namespace = UserNamespace::keep_id}));
  const auto automatic = parse_map(shell("cat /proc/self/uid_map"));
  unsigned long count = 0, all = 0;
  for (const MapLine& line : map) count += line.count;
  for (const MapLine& line : automatic) all += line.count;
  CHECK(count == all);
  REQUIRE_FALSE(map.empty());
  CHECK(map[0].inside == ::geteuid());
}

TEST_CASE_FIXTURE(Containers, "userns nomap: the caller's id is not there") {
  SKIP_IF(!can_map_own_id(), no_copies);
  const Volume volume(host);
  const auto options = volume.options(UserNamespace::nomap);
  CHECK(shell(who, options) == "0:0");
  CHECK(shell("stat -c %u:%g /volume/mine / /etc/passwd; touch /etc/new /volume/root", options) ==
        "65534:65534\n0:0\n0:0");
  CHECK(owner_of(volume.path / "root") != own_ids());
  // In the monitor's user namespace 0 is the caller.
  for (const MapLine& line : parse_map(shell("cat /proc/self/uid_map", options)))
    CHECK(line.outside > 0);
}

TEST_CASE_FIXTURE(Containers, "userns keep_id and nomap: a command run in it, a second start") {
  SKIP_IF(!can_map_own_id(), no_copies);
  for (const UserNamespace users : {UserNamespace::keep_id, UserNamespace::nomap}) {
    cl::Container container = runtime().create(
        busybox(),
        {.args = {"sh", "-c", "umask 0; touch /tmp/mark; sleep 60"}, .user_namespace = users});
    container.start();
    const std::string user = users == UserNamespace::keep_id ? own_ids() : "0:0";
    CHECK(without_newline(container.exec({"sh", "-c", who}).out) == user);
    CHECK(without_newline(container.exec({"sh", "-c", who}, {.user = "0"}).out) == "0:0");
    CHECK(eventually([&] { return container.exec({"ls", "/tmp/mark"}).status.success(); }));
    container.exec({"sh", "-c", "echo kept > /etc/kept"}, {.user = "0"});
    container.stop(0s);
    container.start();
    CHECK(container.exec({"cat", "/etc/kept"}).out == "kept\n");
    container.stop(0s);
  }
}

TEST_CASE_FIXTURE(Containers, "userns keep_id and nomap: what cannot be had is said") {
  SKIP_IF(can_map_own_id(), "this user can have them");
  for (const UserNamespace users : {UserNamespace::keep_id, UserNamespace::nomap}) {
    const auto error = error_of([&] { run({"true"}, {.user_namespace = users}); });
    REQUIRE(error);
    CHECK(error->code() == cl::Errc::unsupported);
    CHECK(contains(error->what(), "user_namespace"));
    CHECK(contains(error->hint(), is_root() ? "ordinary user" : "subordinate ids"));
  }
}

TEST_CASE_FIXTURE(Containers, "user namespaces inside when they are asked for") {
  CHECK(shell("unshare -U cat /proc/self/uid_map", {.nested_user_namespaces = true}) == "");
  CHECK(shell("cat /proc/sys/user/max_user_namespaces", {.nested_user_namespaces = true}) != "0");
}

namespace {

/// As root: the command where /etc/subuid and /etc/subgid have this text, in a mount namespace of
/// its own.
CommandResult with_subids(const Cli& cli, const std::string& text, const std::string& script) {
  const auto file = cli.host.scratch / "subids";
  write_file(file, text);
  const std::string mount = "mount --bind " + file.string();
  Args all = {
      "unshare", "-m", "sh", "-ec", mount + " /etc/subuid; " + mount + " /etc/subgid; " + script,
      "sh"};
  const Args words = cli.words({});
  all.insert(all.end(), words.begin(), words.end());
  return command(all);
}

}  // namespace

TEST_CASE_FIXTURE(Cli, "userns auto: ranges come from the entry of containerlib") {
  SKIP_IF(!is_root(), "needs root");
  close();
  const auto done = with_subids(*this, "other:1:9\ncontainerlib:900000000:65536\n",
                                "\"$@\" run --rm busybox cat /proc/self/uid_map");
  CHECK_MESSAGE(done.code == 0, done.err);
  const auto map = parse_map(done.out);
  REQUIRE(map.size() == 1);
  CHECK(map[0].outside == 900000000);
  CHECK(map[0].count == 65536);
  const auto built_in = parse_map(out({"run", "--rm", "busybox", "cat", "/proc/self/uid_map"}));
  REQUIRE(built_in.size() == 1);
  CHECK(built_in[0].outside != 900000000);
}

TEST_CASE_FIXTURE(Cli, "userns auto: processes never lease the same range") {
  SKIP_IF(!is_root(), "needs root");
  close();
  // Room for two: two that run at the same time have different ones, and the third has none.
  const auto done =
      with_subids(*this, "containerlib:900000000:131072\n",
                  "for name in a b; do \"$@\" run -d --name $name busybox sleep 60; done;"
                  "for name in a b; do \"$@\" exec $name cat /proc/self/uid_map; done;"
                  "\"$@\" run --rm busybox true || echo third: $?;"
                  "\"$@\" rm -f a b; \"$@\" run --rm busybox echo again");
  CHECK_MESSAGE(done.code == 0, done.err);
  CHECK(contains(done.out, " 900000000 "));
  CHECK(contains(done.out, " 900065536 "));
  CHECK(contains(done.out, "third: 125"));
  CHECK(contains(done.err, "all 2 ranges are in use"));
  CHECK(contains(done.out, "again"));
}
