#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include "sandbox/compile.hpp"

// Landlock: what a plan has for it, and what each version of it lacks.
using namespace containerlib;

namespace {

std::string plan_of(const oci::Landlock& landlock, int abi, bool no_new_privileges = true) {
  sys::HostFacts facts;
  facts.kernel_major = 6;
  facts.landlock_abi = abi;
  facts.landlock_reason = "this kernel has none";
  oci::Process process;
  process.args = {"true"};
  process.no_new_privileges = no_new_privileges;
  process.landlock = landlock;
  oci::Seccomp seccomp;
  seccomp.program.resize(8);
  return print(sandbox::compile_exec(process, seccomp, facts, {}));
}

std::string refused(const oci::Landlock& landlock, int abi) try {
  plan_of(landlock, abi);
  return {};
} catch (const Error& error) {
  return error.subject() + ": " + error.hint();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

oci::Landlock limited_files() {
  oci::Landlock out;
  out.paths = {{"/data", true}, {"/", false, false}, {"/dev/null", true, false, true}};
  return out;
}

oci::Landlock limited_ports() {
  oci::Landlock out;
  out.tcp_connect = {443};
  return out;
}

oci::Landlock limited_signals() {
  oci::Landlock out;
  out.scope_signals = true;
  return out;
}

const oci::Landlock files = limited_files(), ports = limited_ports(), signals = limited_signals();

}  // namespace

TEST_CASE("nothing is limited by default, on any kernel") {
  CHECK_FALSE(has(plan_of({}, 0), "Landlock"));
  CHECK_FALSE(has(plan_of({}, 7), "Landlock"));
}

TEST_CASE("each path and port is a step, and the domain is entered before the filter is loaded") {
  oci::Landlock all = files;
  all.tcp_connect = ports.tcp_connect;
  all.tcp_bind.emplace();
  all.scope_signals = true;
  const std::string plan = plan_of(all, 7);
  CHECK(has(plan, "make Landlock rules files=0xffff ports=0x3 scopes=0x2"));
  CHECK(has(plan, "let Landlock allow /data 0xffff\n"));
  CHECK(has(plan, "let Landlock allow / 0xc\n"));
  CHECK(has(plan, "let Landlock allow /dev/null 0xfffe (if present)"));
  CHECK(has(plan, "let Landlock allow port 443 0x2"));
  CHECK(plan.find("set no_new_privs") < plan.find("enter Landlock"));
  CHECK(plan.find("enter Landlock") < plan.find("load seccomp"));
  // Without no_new_privs it takes the capabilities that go then.
  const std::string loose = plan_of(all, 7, false);
  CHECK(loose.find("enter Landlock") < loose.find("load seccomp"));
  CHECK(loose.find("load seccomp") < loose.find("drop capabilities"));
}

TEST_CASE("rights that an older version does not know are not asked for") {
  const std::string plan = plan_of(files, 3);
  CHECK(has(plan, "make Landlock rules files=0x7fff ports=0x0 scopes=0x0"));
  CHECK(has(plan, "let Landlock allow /data 0x7fff\n"));
}

TEST_CASE("what this kernel's Landlock cannot keep is an error that names the version") {
  CHECK(has(refused(files, 2), "landlock.paths"));
  CHECK(has(refused(files, 2), "version 3 of Landlock (Linux 6.2); this kernel has 2"));
  CHECK(has(refused(ports, 3), "landlock.tcp_connect: it takes version 4"));
  CHECK(has(refused(signals, 5), "landlock.scope_signals: it takes version 6"));
  CHECK(has(refused(signals, 0), "this kernel has none"));
  CHECK(refused(ports, 4).empty());
  CHECK(refused(signals, 6).empty());
}
