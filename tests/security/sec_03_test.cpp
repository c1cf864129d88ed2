// SEC-03: a process that was to be confined by an LSM's profile starts without it, as /proc was a
// symlink under a chosen layout of mounts (CVE-2023-28642).
#include "integration/bundle.hpp"
#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

struct Label {
  std::string field, flag;
};
// No host has it, so that it is an error also where there are such modules.
const std::string profile = "containerlib-no-such-profile";
const std::vector<Label> labels = {{"apparmorProfile", "--apparmor"},
                                   {"selinuxLabel", "--process-label"}};

std::string member(const Label& label) { return "\"" + label.field + "\": \"" + profile + "\""; }

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-03 a label is applied or the start refused") {
  for (const Label& label : labels) {
    const auto error = error_of(
        [&] { run({"true"}, {.unsafe_oci_spec = R"({"process": {)" + member(label) + "}}"}); });
    CHECK_MESSAGE(error, label.field);
    if (error) CHECK_MESSAGE(contains(error->what(), label.field), std::string(error->what()));
  }
}

TEST_CASE("SEC-03 also in a bundle whose /proc is a symlink") {
  const Bundle bundle;
  fs::create_directories(bundle.rootfs() / "bad/self/attr");
  write_file(bundle.rootfs() / "bad/self/attr/exec", "");
  const auto check = [&](const Label& label) {
    const CommandResult result =
        bundle.run({.script = "echo started", .process_members = ", " + member(label)});
    CHECK_MESSAGE(result.code != 0, label.field);
    CHECK(result.out.empty());
  };
  for (const Label& label : labels) check(label);
  replace_by_link(bundle.rootfs() / "proc", "/bad");
  for (const Label& label : labels) check(label);
  CHECK(read_file(bundle.rootfs() / "bad/self/attr/exec").empty());
}

TEST_CASE("SEC-03 exec with a label: applied or refused") {
  OciBundle bundle;
  const std::string id = bundle.running();
  for (const Label& label : labels) {
    const CommandResult result =
        bundle.runtime({"exec", label.flag, profile, id, "echo", "started"});
    CHECK_MESSAGE(result.code != 0, label.field);
    CHECK(result.out.empty());
    CHECK_MESSAGE(contains(result.err, label.field), result.err);
  }
  bundle.remove(id);
  CHECK_MESSAGE(bundle.leaks().empty(), bundle.leaks());
}
