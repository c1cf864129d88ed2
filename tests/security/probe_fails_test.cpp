// The probe can fail: each of its checks is seen to fail where what it looks for is not there.
#include "security/probe_report.hpp"

#include "integration/bundle.hpp"

using namespace tests;

namespace {

class Loosened : public Containers {
 public:
  const AbstractSocket socket;
  const ProbeImage image{*this};

  ProbeReport report(cl::ContainerOptions options) {
    options.args = probe_command(socket);
    return ProbeReport(runtime().run(image.image(), options).out);
  }
};

void fails(const ProbeReport& report, const std::set<std::string>& checks) {
  CHECK(report.complete);
  for (const std::string& check : checks)
    CHECK_MESSAGE(report.failed.contains(check), check << " does not fail");
}

void fails_only(const ProbeReport& report, const std::set<std::string>& checks) {
  fails(report, checks);
  for (const auto& failure : report.failed)
    CHECK_MESSAGE(checks.contains(failure.first), failure.first << ": " << failure.second);
}

}  // namespace

TEST_CASE_FIXTURE(Loosened, "probe: without a filter its lines fail") {
  const ProbeReport report = this->report({.seccomp = cl::Seccomp::unconfined()});
  fails(report, {"seccomp.filter",
                 "call.mount",
                 "call.umount2",
                 "call.open_tree",
                 "call.fsconfig",
                 "call.mount_setattr",
                 "call.setns",
                 "call.open_by_handle_at",
                 "call.quotactl",
                 "call.keyctl",
                 "call.add_key",
                 "call.request_key",
                 "call.bpf",
                 "call.perf_event_open",
                 "call.userfaultfd",
                 "call.io_uring_setup",
                 "call.settimeofday",
                 "call.clock_settime",
                 "call.pidfd_getfd",
                 "call.personality_no_randomize",
                 "unshare.user",
                 "unshare.mnt",
                 "unshare.pid",
                 "unshare.ipc",
                 "unshare.uts",
                 "unshare.net",
                 "unshare.cgroup",
                 "unshare.time",
                 "clone.user",
                 "clone.mnt",
                 "clone3",
                 "nested_user_namespace",
                 "socket.vsock",
                 "terminal.tiocsti",
                 "terminal.tiocsti_high_bits",
                 "terminal.tioclinux",
                 "terminal.tioclinux_high_bits"});
  for (const auto& failure : report.failed)
    for (const char* group : {"mount", "masked", "ns.", "capabilities", "devices", "limits"})
      CHECK_MESSAGE(!failure.first.starts_with(group), failure.first);
}

TEST_CASE_FIXTURE(Loosened, "probe: each loosened option fails its lines and no other") {
  fails_only(report({.network = cl::Network::host}),
             {"ns.net", "abstract_sockets.connect", "abstract_sockets.seen"});
  fails_only(report({.new_privileges = true}), {"no_new_privileges"});
  fails_only(report({.ulimits = {{.name = "core", .soft = 0, .hard = 1 << 20}}}), {"limits.core"});
  fails_only(report({.env = {{"SECRET", "1"}}}), {"environment", "process_1.environment"});
  fails_only(report({.cap_add = {"NET_RAW"}}),
             {"capabilities.bounding", "capabilities.effective", "capabilities.permitted",
              "socket.packet", "socket.raw"});
}
