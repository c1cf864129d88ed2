// What a hostile program finds in a container: nothing that docs/security.md does not say. The
// program is tests/security/probe.
#include "security/probe_report.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "integration/bundle.hpp"

using namespace tests;

namespace {

using Expected = std::map<std::string, std::string>;  // check: why it may fail

/// Nothing has failed but what is expected, which has.
void check_report(const std::string& output, const Expected& expected = {},
                  std::size_t at_least = 150) {
  const ProbeReport report(output);
  CHECK_MESSAGE(report.complete, output);
  CHECK(report.good.size() >= at_least);
  for (const auto& failure : report.failed)
    CHECK_MESSAGE(expected.contains(failure.first), failure.first << ": " << failure.second);
  for (const auto& known : expected)
    CHECK_MESSAGE(report.failed.contains(known.first), known.first << " is as in a container");
}

class Probed : public Containers {
 public:
  const AbstractSocket socket;
  const Args probe = probe_command(socket);
  const ProbeImage image{*this};

  std::string output(cl::ContainerOptions options = {}) {
    options.args = probe;
    const cl::Completed done = runtime().run(image.image(), options);
    CHECK_MESSAGE(done.err.empty(), done.err);
    return done.out;
  }
};

/// `spec` makes a configuration as runc's, which is looser than the library's default by its
/// author's wish: engines fill in what they want.
const Expected& looser_in_bundles() {
  static const Expected expected = {
      {"seccomp.filter", "spec has no filter, as runc's; what needs one is left out below"},
      {"capabilities.bounding", "AUDIT_WRITE is among spec's three"},
      {"capabilities.permitted", "the same"},
      {"capabilities.effective", "the same"},
      {"mount./", "the root is the bundle's directory, with its own flags"},
      {"mount./proc", "spec gives it none"},
      {"mount./dev", "spec lets programs be executed there"},
      {"mounts.nosuid", "the root and /proc"},
      {"mounts.nodev", "the root and /proc"},
      {"limits.core", "spec has no limit of core dumps"},
      {"masked./proc/interrupts", "spec does not mask it"}};
  return expected;
}

/// Of the probe's checks those that are not about a filter, a limit of the group's, or state that
/// comes from the engine, as of any OCI runtime.
std::string without_what_engines_give(const std::string& output) {
  std::string result;
  for (const std::string& line : lines_of(output)) {
    const std::string check = line.substr(line.find(' ') + 1);
    bool left_out = false;
    for (const char* group : {"call.", "unshare.", "clone", "socket", "i386.", "x32.", "terminal.",
                              "nested_user_namespace", "keyring", "limits.processes", "personality",
                              "timer_slack", "scheduling", "huge_pages", "memory_merge"})
      left_out = left_out || check.starts_with(group);
    if (!left_out) result += line + "\n";
  }
  return result;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  text.replace(at, from.size(), to);
}

std::string json_list(const Args& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "\"" : ", \"") + word + "\"";
  return "[" + out + "]";
}

}  // namespace

TEST_CASE_FIXTURE(Probed, "probe: nothing fails in a container with default options") {
  check_report(output());
}

TEST_CASE_FIXTURE(Probed, "probe: nothing fails in a command run in a container") {
  cl::Container container = runtime().start(image.image(), {.args = {"sleep", "60"}});
  check_report(container.exec(probe).out);
}

TEST_CASE_FIXTURE(Probed, "probe: nothing fails on a terminal") {
  check_report(output({.tty = true}));
  cl::Container container = runtime().start(image.image(), {.args = {"sleep", "60"}});
  check_report(container.exec(probe, {.tty = true}).out);
}

TEST_CASE_FIXTURE(Probed, "probe: nothing comes from a host that takes no care of its state") {
  const CarelessHost careless;
  // Its monitor is started now.
  cl::Runtime own(host.options());
  const cl::Image probe_image = own.image("probe");
  check_report(own.run(probe_image, {.args = probe}).out);
  cl::Container container = own.start(probe_image, {.args = {"sleep", "60"}});
  check_report(container.exec(probe).out);
  if (is_root())
    check_report(
        own.run(probe_image, {.args = probe, .user_namespace = cl::UserNamespace::host}).out,
        {{"ns.user", "as asked for"}, {"ids.not_the_hosts_root", "the same"}});
}

TEST_CASE_FIXTURE(Probed, "probe: nothing fails for a user other than root") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  check_report(output({.user = "app"}));
}

TEST_CASE_FIXTURE(Probed, "probe: the session keyring is the container's own") {
  // Seen with the call that is else refused.
  cl::Seccomp seccomp = cl::Seccomp::standard();
  seccomp.allow({"keyctl"});
  const std::string seen = output({.seccomp = seccomp});
  CHECK(ProbeReport(seen).good.contains("keyring"));
  check_report(seen, {{"call.keyctl", "allowed"}, {"call.keyctl_join_session", "allowed"}});
}

TEST_CASE(
    "probe: a bundle with the configuration of `spec` has all but the filter and some flags") {
  const Bundle bundle;
  const AbstractSocket socket;
  std::filesystem::copy_file(PROBE, bundle.rootfs() / "probe");
  const Args spec = {"spec", "--bundle", bundle.dir()};
  Args words = spec;
  if (!is_root()) words.push_back("--rootless");
  REQUIRE(bundle.runtime(words).code == 0);
  std::string config = read_file(bundle.dir() / "config.json");
  replace(config, R"("terminal":true)", R"("terminal":false)");
  replace(config, R"(["sh"])", json_list(probe_command(socket)));
  write_file(bundle.dir() / "config.json", config);
  const CommandResult done = bundle.runtime({"run", "--bundle", bundle.dir(), "probed"});
  CHECK(done.err == "");
  Expected expected = looser_in_bundles();
  if (is_root()) {
    expected["ns.user"] = "spec has none, unless --rootless";
    expected["ids.not_the_hosts_root"] = "the same";
  } else {
    expected["ns.net"] = "spec --rootless has none, as runc's";
    expected["abstract_sockets.connect"] = expected["abstract_sockets.seen"] = "the same";
  }
  check_report(without_what_engines_give(done.out), expected, 45);
}

TEST_SUITE("cgroup") {
  // It takes CAP_SYS_RESOURCE to be such a host.
  TEST_CASE_FIXTURE(Containers, "probe: a host that goes before others is alone in that") {
    const std::string own = "/proc/self/oom_score_adj", before = read_file(own);
    const cl::Fd file(::open(own.c_str(), O_WRONLY | O_CLOEXEC));
    const rlimit some = {10, 10};
    SKIP_IF(::write(file.get(), "-500", 4) != 4, "needs CAP_SYS_RESOURCE");
    REQUIRE(::setrlimit(RLIMIT_RTPRIO, &some) == 0);
    cl::Runtime spared(host.options());
    cl::Container container = spared.start(spared.image("busybox"), {.args = {"sleep", "60"}});
    const std::string proc = "/proc/" + std::to_string(container.inspect().pid);
    CHECK(read_file(proc + "/oom_score_adj") == "0\n");
    CHECK(contains(read_file(proc + "/limits"), "Max realtime priority     0 "));
    CHECK(container.exec({"cat", own}).out == "0\n");
    CHECK(
        contains(container.exec({"cat", "/proc/self/limits"}).out, "Max realtime priority     0 "));
    write_file(own, before);
  }
}
