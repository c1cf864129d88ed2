// Labels of AppArmor, which has to be on: in the guest it is.
#include "integration/fixture.hpp"

using namespace tests;

namespace {

constexpr const char* profile = R"(
profile containerlib-test flags=(attach_disconnected,mediate_deleted) {
  file,
  capability,
  network,
  mount,
  umount,
  pivot_root,
  signal,
  ptrace,
  unix,
  deny /etc/passwd r,
}
)";

/// The profile, as long as it lives.
class Profile {
 public:
  explicit Profile(const Host& host) : file_(host.scratch / "profile") {
    write_file(file_, profile);
    loaded = command({"apparmor_parser", "-rK", file_.string()});
  }
  Profile(const Profile&) = delete;
  ~Profile() { command({"apparmor_parser", "-R", file_.string()}); }
  CommandResult loaded;

 private:
  std::filesystem::path file_;
};

bool has_apparmor() {
  return read_file("/sys/module/apparmor/parameters/enabled").starts_with('Y');
}

cl::ContainerOptions with_profile(const std::string& name) {
  return {.unsafe_oci_spec = R"({"process": {"apparmorProfile": ")" + name + R"("}})"};
}

}  // namespace

TEST_SUITE_BEGIN("cgroup");

TEST_CASE_FIXTURE(Containers,
                  "labels: an AppArmor profile is on the command, and on one run later") {
  SKIP_IF(!has_apparmor(), "needs AppArmor");
  SKIP_IF(!is_root() || !has_program("apparmor_parser"), "needs root and apparmor_parser");
  const Profile own(host);
  REQUIRE_MESSAGE(own.loaded.code == 0, own.loaded.err);
  const std::string script = "cat /proc/self/attr/apparmor/current; cat /etc/passwd 2>&1; true";
  const std::string confined =
      "containerlib-test (enforce)\ncat: can't open '/etc/passwd': Permission denied";
  CHECK(shell(script, with_profile("containerlib-test")) == confined);
  cl::Container container = start({"sleep", "60"}, with_profile("containerlib-test"));
  CHECK(without_newline(container.exec({"sh", "-c", script}).out) == confined);
}

TEST_CASE_FIXTURE(Containers, "labels: what is read back is what was asked for") {
  SKIP_IF(!has_apparmor(), "needs AppArmor");
  CHECK(contains(shell("cat /proc/self/attr/apparmor/current", with_profile("unconfined")),
                 "unconfined"));
  const auto error = error_of([&] { run({"true"}, with_profile("nosuch")); });
  REQUIRE(error);
  CHECK(contains(error->what(), "process.apparmorProfile"));
}

TEST_CASE_FIXTURE(Containers, "labels: without the module a label is an error") {
  if (!has_apparmor()) {
    const auto error = error_of([&] { run({"true"}, with_profile("unconfined")); });
    REQUIRE(error);
    CHECK(error->code() == cl::Errc::unsupported);
    CHECK(contains(error->what(), "AppArmor is not enabled"));
  }
  SKIP_IF(std::filesystem::exists("/sys/fs/selinux/enforce"), "SELinux is on");
  const auto error = error_of(
      [&] { run({"true"}, {.unsafe_oci_spec = R"({"process": {"selinuxLabel": "u:r:t:s0"}})"}); });
  REQUIRE(error);
  CHECK(error->code() == cl::Errc::unsupported);
  CHECK(contains(error->what(), "SELinux is not enabled"));
}

TEST_SUITE_END();
