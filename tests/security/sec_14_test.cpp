// SEC-14: without a cgroup namespace of its own a container had the host's groups at hand, writable
// (CVE-2023-25809).
#include "integration/bundle.hpp"
#include "integration/fixture.hpp"

using namespace tests;

namespace {

/// The mounts of control groups that this table shows as writable.
std::string writable_groups(const std::string& mountinfo) {
  std::string out;
  for (const std::string& line : lines_of(mountinfo)) {
    const std::size_t end = line.find(" - ");
    if (end == std::string::npos || !line.substr(end).starts_with(" - cgroup")) continue;
    std::size_t at = 0;
    for (int field = 0; field < 5; ++field) at = line.find(' ', at) + 1;
    if (!line.substr(at).starts_with("ro")) out += line + "\n";
  }
  return out;
}

constexpr const char* look = "cat /proc/self/mountinfo";

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-14 no mount of control groups is writable") {
  for (const auto network : {cl::Network::none, cl::Network::host}) {
    const std::string mounts = shell(look, {.network = network});
    CHECK(contains(mounts, "/sys"));
    CHECK(writable_groups(mounts) == "");
    cl::Container container = start({"sleep", "60"}, {.network = network});
    CHECK(writable_groups(container.exec({"cat", "/proc/self/mountinfo"}).out) == "");
  }
}

TEST_CASE_FIXTURE(Containers, "SEC-14 nothing can be made below a control group") {
  const std::string made = shell(
      "for dir in $(find /sys/fs/cgroup -type d -maxdepth 4 2>/dev/null); do"
      "  mkdir $dir/evil 2>/dev/null && echo $dir;"
      "  for file in release_agent notify_on_release cgroup.procs tasks; do"
      "    (echo 0 >$dir/$file) 2>/dev/null && echo $dir/$file; done; done; true");
  CHECK(made == "");
}

TEST_CASE_FIXTURE(Containers, "SEC-14 the container's groups are its own, not the host's") {
  // In its namespace every group that it is in is "/".
  const std::string groups = shell("cat /proc/self/cgroup", {.network = cl::Network::none});
  for (const std::string& line : lines_of(groups)) CHECK_MESSAGE(line.ends_with(":/"), line);
}

TEST_CASE("SEC-14 a bundle's control groups are read-only when it says so, in any namespace") {
  Bundle bundle;
  for (const bool own : {true, false}) {
    BundleConfig config = {.script = look};
    if (!own) std::erase(config.namespaces, "cgroup");
    config.mounts = {mount_json("/sys/fs/cgroup", "cgroup", "cgroup",
                                {"nosuid", "noexec", "nodev", "relatime", "ro"})};
    const CommandResult result = bundle.run(config);
    SKIP_IF(result.code != 0 && !is_root(), "an ordinary user's groups: " << result.err);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    CHECK(contains(result.out, "/sys/fs/cgroup"));
    CHECK(writable_groups(result.out) == "");
  }
}
