// SEC-24: capabilities in the inheritable set come back when a program with file capabilities is
// executed (CVE-2022-29162, CVE-2022-24769 and four more).
#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

const Args look = {"cat", "/proc/self/status"};

std::string set_of(const std::string& status, const std::string& name) {
  for (const std::string& line : lines_of(status))
    if (line.starts_with(name + ":")) return line.substr(line.find_last_of("\t ") + 1);
  return "no " + name;
}

void has_none_to_inherit(const std::string& status, const std::string& what) {
  CHECK_MESSAGE(set_of(status, "CapInh") == std::string(16, '0'), what);
  CHECK_MESSAGE(set_of(status, "CapAmb") == std::string(16, '0'), what);
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-24 nothing is inheritable in run and exec") {
  has_none_to_inherit(run(look).out, "run");
  has_none_to_inherit(run(look, {.cap_add = {"NET_RAW"}}).out, "run --cap-add");
  has_none_to_inherit(run(look, {.user_namespace = cl::UserNamespace::host}).out, "run as root");
  cl::Container container = start({"sleep", "60"}, {.cap_add = {"NET_RAW"}});
  has_none_to_inherit(container.exec(look).out, "exec");
  if (!has_ids()) return;
  has_none_to_inherit(run(look, {.user = "1000", .cap_add = {"NET_RAW"}}).out, "run --user");
  const std::string user = container.exec(look, {.user = "1000"}).out;
  has_none_to_inherit(user, "exec --user");
  CHECK(set_of(user, "CapPrm") == std::string(16, '0'));
}

TEST_CASE("SEC-24 nothing is inheritable in the OCI command's run, exec and exec --cap") {
  OciBundle bundle;
  bundle.configure({.args = look});
  has_none_to_inherit(bundle.runtime({"run", bundle.new_id()}).out, "run");
  bundle.configure();
  const std::string id = bundle.running();
  has_none_to_inherit(bundle.runtime({"exec", id, "cat", "/proc/self/status"}).out, "exec");
  const std::string more =
      bundle.runtime({"exec", "--cap", "CAP_NET_RAW", id, "cat", "/proc/self/status"}).out;
  has_none_to_inherit(more, "exec --cap");
  CHECK(set_of(more, "CapEff") == "0000000000002020");
  bundle.remove(id);
}

TEST_CASE("SEC-24 what the caller can inherit is not the container's") {
  SKIP_IF(!is_root(), "needs root");
  OciBundle bundle;
  bundle.configure({.args = look});
  Args words = bundle.line({"run", bundle.new_id()});
  words.insert(words.begin(),
               {"setpriv", "--inh-caps=+kill,+chown", "--ambient-caps=+kill,+chown"});
  const CommandResult result = command(words, {.cwd = bundle.dir()});
  REQUIRE_MESSAGE(result.code == 0, result.err);
  has_none_to_inherit(result.out, "run by a caller with inheritable capabilities");
}
