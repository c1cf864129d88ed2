// SEC-29: privileges that were thought to be dropped (CVE-2016-8659, CVE-2020-5291). A filter of
// the surroundings that answers "done" and does nothing must not lead to a container with all of
// them.
#include "integration/cli_fixture.hpp"
#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

Args under_lie(const std::string& call, Args words) {
  words.insert(words.begin(), {HOSTILE, "lie", call});
  return words;
}

}  // namespace

TEST_CASE("SEC-29 the OCI command reads back what it has dropped, in run and exec") {
  OciBundle bundle;
  bundle.configure();
  const std::string id = bundle.running();
  for (const std::string call : {"capset", "no_new_privs"}) {
    // An ordinary user's filter needs no_new_privs itself, so that it is there without being set.
    if (call == "no_new_privs" && !is_root()) continue;
    bundle.configure({.args = {"echo", "ran"}, .process_members = R"(, "noNewPrivileges": true)"});
    const CommandResult made =
        command(under_lie(call, bundle.line({"run", bundle.new_id()})), {.cwd = bundle.dir()});
    CHECK_MESSAGE(made.out == "", call << ": " << made.err);
    CHECK_MESSAGE(made.code == 1, call << ": " << made.err);
    CHECK_MESSAGE(contains(made.err, "the kernel has not done what it said"), made.err);
    const CommandResult added =
        command(under_lie(call, bundle.line({"exec", "--no-new-privs", id, "echo", "ran"})));
    CHECK_MESSAGE(added.out == "", call << ": " << added.err);
    CHECK_MESSAGE(added.code == 1, call << ": " << added.err);
  }
  bundle.remove(id);
}

TEST_CASE_FIXTURE(Cli, "SEC-29 the library reads back what it has dropped") {
  SKIP_IF(!is_root(), "newuidmap would not work under a filter");
  for (const std::string call : {"capset", "no_new_privs"}) {
    const CommandResult result =
        command(under_lie(call, words({"run", "--rm", "busybox", "echo", "ran"})));
    CHECK_MESSAGE(result.out == "", call << ": " << result.err);
    CHECK(result.code != 0);
    CHECK_MESSAGE(contains(result.err, "the kernel has not done what it said"), result.err);
  }
}

TEST_CASE("SEC-29 what root can do does not depend on the caller's secure bits") {
  SKIP_IF(!is_root(), "a new user namespace has none");
  OciBundle bundle;
  std::filesystem::copy_file(HOSTILE, bundle.rootfs() / "hostile");
  const Args under = {"setpriv", "--securebits=+no_setuid_fixup"};
  const auto call = [&](const Args& words) {
    Args args = bundle.line(words);
    args.insert(args.begin(), under.begin(), under.end());
    return command(args, {.cwd = bundle.dir()});
  };
  bundle.configure({.args = {"/hostile", "securebits"}});
  const CommandResult made = call({"run", bundle.new_id()});
  CHECK_MESSAGE(made.out == "0\n", made.err);
  bundle.configure();
  const std::string id = bundle.running();
  CHECK(call({"exec", id, "/hostile", "securebits"}).out == "0\n");
  bundle.remove(id);
}
