#include "sandbox/execute/cgroups.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"
#include "sandbox/plan.hpp"
#include "support/skip.hpp"

using namespace containerlib;
using sandbox::make_cgroup;

// The steps on groups of our own in this machine's hierarchies.
namespace {

std::string place_of(const std::string& base) { return base.substr(0, base.rfind('/')); }

/// A directory of our own in a hierarchy; with all that is below it removed at the end.
struct Folder {
  explicit Folder(const std::string& place)
      : path(place + "/unit-steps-" + std::to_string(::getpid())) {}
  ~Folder() {
    const std::vector<std::string> groups = sys::groups_from(path);
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) ::rmdir(group->c_str());
  }
  std::string path;
};

std::string text_of(const std::string& file) {
  std::string text = sys::read_host_file(file).value_or("(none)");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// A child that sleeps in the group.
struct Sleeper {
  explicit Sleeper(const std::string& group) : pid(::fork()) {
    if (pid == 0)
      for (;;) ::pause();
    REQUIRE(sandbox::join_cgroup((group + "/cgroup.procs").c_str(), pid) == 0);
  }
  ~Sleeper() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  pid_t pid;
};

int run(sandbox::LaunchPlan& plan, int (*step)(const sandbox::Launch&, const sandbox::Step&)) {
  const std::string bytes = plan.bytes();
  sandbox::PlanView view;
  REQUIRE(sandbox::valid(bytes.data(), bytes.size(), view));
  const sandbox::Launch launch(view);
  return step(launch, view.before()[0]);
}

int enable(const std::string& group, const std::vector<std::string>& needed,
           const std::vector<std::string>& wanted) {
  sandbox::LaunchPlan plan;
  plan.before.push_back(
      {.op = sandbox::Op::enable_controllers,
       .enable_controllers = {plan.text(group), plan.list(needed), plan.list(wanted)}});
  return run(plan, [](const sandbox::Launch& l, const sandbox::Step& s) {
    return sandbox::enable_controllers(l, s.enable_controllers);
  });
}

}  // namespace

TEST_CASE("groups above the one that is made are made too, with all controllers they have") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const sys::CgroupFacts facts = sys::find_cgroups();
  SKIP_IF(facts.unified.empty(), facts.unified_reason);
  const Folder folder(place_of(facts.unified));
  REQUIRE(make_cgroup((folder.path + "/a/b").c_str(), false) == 0);
  CHECK(text_of(folder.path + "/a/b/cgroup.controllers") ==
        text_of(place_of(facts.unified) + "/cgroup.subtree_control"));
}

TEST_CASE("a group that is there is used again only when it may") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const sys::CgroupFacts facts = sys::find_cgroups();
  SKIP_IF(facts.unified.empty(), facts.unified_reason);
  const Folder folder(place_of(facts.unified));
  const char* path = folder.path.c_str();
  REQUIRE(make_cgroup(path, false) == 0);
  CHECK(make_cgroup(path, false) == -EEXIST);
  CHECK(make_cgroup(path, true) == 0);
}

TEST_CASE("a controller that is needed and cannot be given is an error, one that is wanted not") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const sys::CgroupFacts facts = sys::find_cgroups();
  const sys::Controller* hugetlb = facts.find("hugetlb");
  SKIP_IF(!hugetlb || hugetlb->version != 2, "no hugetlb of v2");
  const std::string place = place_of(facts.unified);
  SKIP_IF(text_of(place + "/cgroup.subtree_control").find("hugetlb") == std::string::npos,
          "hugetlb is not enabled, and this machine's groups are left alone");
  const Folder folder(place);
  REQUIRE(make_cgroup((folder.path + "/x").c_str(), false) == 0);
  CHECK(enable(folder.path, {}, {"nosuch"}) == 0);
  CHECK(enable(folder.path, {"nosuch"}, {}) == -EINVAL);
  CHECK(enable(folder.path, {"hugetlb"}, {}) == 0);
  CHECK(text_of(folder.path + "/cgroup.subtree_control").find("hugetlb") != std::string::npos);
  const Sleeper sleeper(folder.path + "/x");
  CHECK(enable(folder.path + "/x", {}, {"hugetlb"}) == 0);
  CHECK(enable(folder.path + "/x", {"hugetlb"}, {}) == -EBUSY);
}

TEST_CASE("a new cpuset has CPUs, however deep it is") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const sys::CgroupFacts facts = sys::find_cgroups();
  const sys::Controller* cpuset = facts.find("cpuset");
  SKIP_IF(!cpuset || cpuset->version != 1, "no cpuset of v1");
  const Folder folder(place_of(cpuset->base));
  const std::string group = folder.path + "/a/b";
  REQUIRE(make_cgroup(group.c_str(), false) == 0);
  CHECK(text_of(group + "/cpuset.cpus") == "");
  CHECK(sandbox::init_cpuset(group.c_str()) == 0);
  CHECK(text_of(group + "/cpuset.cpus") == text_of(place_of(cpuset->base) + "/cpuset.cpus"));
  CHECK(text_of(group + "/cpuset.mems") == text_of(place_of(cpuset->base) + "/cpuset.mems"));
  const Sleeper sleeper(group);
}

TEST_CASE("a group is given with the files that may be") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const sys::CgroupFacts facts = sys::find_cgroups();
  SKIP_IF(facts.unified.empty(), facts.unified_reason);
  const Folder folder(place_of(facts.unified));
  REQUIRE(make_cgroup(folder.path.c_str(), false) == 0);
  REQUIRE(sandbox::give_cgroup(folder.path.c_str(), 12345) == 0);
  const auto owner = [&](const char* file) {
    struct stat status = {};
    REQUIRE(::stat((folder.path + file).c_str(), &status) == 0);
    return status.st_uid;
  };
  CHECK(owner("") == 12345);
  CHECK(owner("/cgroup.procs") == 12345);
  CHECK(owner("/cgroup.subtree_control") == 12345);
  CHECK(owner("/cgroup.freeze") == 0);
}

TEST_CASE("where a file is missing another one is written; when both are, it is an error") {
  const std::string folder = "/tmp/unit-steps-" + std::to_string(::getpid());
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  REQUIRE(::close(::open((folder + "/there").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
  const auto write = [&](const char* file, const char* other, bool optional) {
    sandbox::LaunchPlan plan;
    sandbox::WriteFile step{
        plan.text(folder + "/" + file), plan.text("1"), optional, {}, {}, plan.text("2")};
    if (*other) step.other_path = plan.text(folder + "/" + other);
    plan.before.push_back({.op = sandbox::Op::write_file, .write_file = step});
    return run(plan, [](const sandbox::Launch& l, const sandbox::Step& s) {
      return sandbox::write_setting(l, s.write_file);
    });
  };
  CHECK(write("there", "none", false) == 0);
  CHECK(text_of(folder + "/there") == "1");
  CHECK(write("none", "there", false) == 0);
  CHECK(text_of(folder + "/there") == "2");
  CHECK(write("none", "", false) == -ENOENT);
  CHECK(write("none", "none", false) == -ENOENT);
  CHECK(write("none", "", true) == 0);
  ::unlink((folder + "/there").c_str());
  ::rmdir(folder.c_str());
}
