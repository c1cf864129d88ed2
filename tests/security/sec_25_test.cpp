// SEC-25: a process without its supplementary groups passes where a group is shut out, and one with
// the host's passes where they are let in (CVE-2023-25173, CVE-2022-2989, CVE-2022-36109).
#include <grp.h>
#include <sys/stat.h>

#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

TEST_CASE_FIXTURE(Containers, "SEC-25 a member of a group that is shut out stays out") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  // "app" is in "extra" (2000) too.
  const std::string prepare =
      "mkdir -m 0705 /shut && chgrp 2000 /shut && touch /shut/in && chmod 0604 /shut/in; ";
  cl::Container container = start({"sh", "-c", prepare + "touch /ready; sleep 60"});
  REQUIRE(eventually([&] { return container.exec({"test", "-e", "/ready"}).status.success(); }));
  CHECK(container.exec({"id", "-G"}, {.user = "app"}).out == "1000 2000\n");
  CHECK_FALSE(container.exec({"ls", "/shut"}, {.user = "app"}).status.success());
  CHECK_FALSE(container.exec({"cat", "/shut/in"}, {.user = "app"}).status.success());
  // Others are let in, and so is the user without that group.
  CHECK(container.exec({"ls", "/shut"}, {.user = "1001"}).status.success());
  CHECK(container.exec({"ls", "/shut"}, {.user = "app:app"}).status.success());
  CHECK(run({"id", "-G"}, {.user = "app"}).out == "1000 2000\n");
  CHECK(run({"id", "-G"}, {.user = "1001", .groups = {"extra"}}).out == "0 2000\n");
}

TEST_CASE_FIXTURE(Containers, "SEC-25 the groups of the host's process are not the container's") {
  SKIP_IF(!is_root(), "needs root");
  std::vector<gid_t> before(static_cast<std::size_t>(::getgroups(0, nullptr)));
  REQUIRE(::getgroups(static_cast<int>(before.size()), before.data()) >= 0);
  const gid_t more[] = {0, 4, 27, 1234};
  REQUIRE(::setgroups(4, more) == 0);
  {
    // Its monitor starts with these groups.
    cl::Runtime own(host.options());
    for (const auto wish : {cl::UserNamespace::automatic, cl::UserNamespace::host}) {
      CHECK(own.run(own.image("busybox"), {.args = {"id", "-G"}, .user_namespace = wish}).out ==
            "0\n");
      cl::Container container =
          own.start(own.image("busybox"), {.args = {"sleep", "60"}, .user_namespace = wish});
      CHECK(container.exec({"id", "-G"}).out == "0\n");
    }
  }
  REQUIRE(::setgroups(before.size(), before.data()) == 0);
}

TEST_CASE("SEC-25 the groups of a bundle's process are those it names") {
  SKIP_IF(!is_root(), "an ordinary user's bundle has one group");
  OciBundle bundle;
  const fs::path shut = bundle.rootfs() / "shut";
  fs::create_directory(shut);
  REQUIRE(::chown(shut.c_str(), 0, 2000) == 0);
  REQUIRE(::chmod(shut.c_str(), 0705) == 0);
  bundle.configure();
  const std::string id = bundle.running();
  const auto exec = [&](Args options, Args program) {
    Args words = {"exec"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(id);
    words.insert(words.end(), program.begin(), program.end());
    words = bundle.line(words);
    words.insert(words.begin(), {"setpriv", "--groups", "0,4,27"});
    return command(words, {.cwd = bundle.dir()});
  };
  CHECK(exec({}, {"id", "-G"}).out == "0\n");
  CHECK(exec({"--user", "1000:1000"}, {"ls", "/shut"}).code == 0);
  const Args member = {"--user", "1000:1000", "--additional-gids", "2000"};
  CHECK(exec(member, {"id", "-G"}).out == "1000 2000\n");
  CHECK(exec(member, {"ls", "/shut"}).code != 0);
  bundle.remove(id);
}

TEST_CASE("SEC-25 an ordinary user's bundle cannot leave the groups that shut it out") {
  SKIP_IF(is_root(), "root's may");
  OciBundle bundle;
  bundle.configure({.args = {"cat", "/proc/self/setgroups"}});
  CHECK(bundle.runtime({"run", bundle.new_id()}).out == "deny\n");
}
