// The probe can fail: each of its checks is seen to fail where what it looks for is not there.
#include "security/probe_report.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace tests;

namespace {

class Loosened : public Containers {
 public:
  const AbstractSocket socket;
  const ProbeImage image{*this};

  ProbeReport report(cl::ContainerOptions options) {
    if (options.args.empty()) options.args = probe_command(socket);
    return ProbeReport(runtime().run(image.image(), options).out);
  }
  /// Outside of any container, by a command that ends with "$@".
  ProbeReport outside(const std::string& script, const Args& more = {}) {
    Args words = {"sh", "-c", script, "sh"};
    const Args probe = probe_command(socket, PROBE);
    words.push_back(probe.front());
    words.insert(words.end(), more.begin(), more.end());  // first, so these are the ones that count
    words.insert(words.end(), probe.begin() + 1, probe.end());
    return ProbeReport(command(words).out);
  }
};

/// A root directory that is not the parent of the working directory.
ProbeReport below_another_directory(const std::filesystem::path& root,
                                    const std::filesystem::path& output) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!std::freopen(output.c_str(), "w", stdout) || ::chdir("/etc") != 0 ||
        ::chroot(root.c_str()) != 0)
      ::_exit(1);
    ::execl("/probe", "/probe", nullptr);
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
  return ProbeReport(read_file(output));
}

/// What cannot be seen to fail on every machine, and why.
bool may_never_fail(const std::string& check) {
  static const std::set<std::string> checks = {
      // The kernel refuses these in the same way as the filter.
      "call.unknown_number", "call.negative_number", "x32.getpid", "x32.keyctl",
      // Needs CAP_SYS_RESOURCE, which not every root has.
      "limits.raise", "oom.lower",
      // Tests may have been started in the root of all cgroups.
      "cgroup.paths",
      // Others' to allow: not every kernel has them, and the host may forbid them to all.
      "masked./proc/acpi", "masked./proc/asound", "masked./proc/kcore", "masked./proc/keys",
      "masked./proc/latency_stats", "masked./proc/sched_debug", "masked./proc/scsi",
      "masked./proc/timer_stats", "masked./sys/firmware", "masked./sys/devices/virtual/powercap",
      "not_writable./sys/power/state", "nested_user_namespace"};
  return checks.contains(check) || check.starts_with("i386.");
}

/// All that the filter answers, answered otherwise.
cl::Seccomp other_answers() {
  cl::Seccomp filter = cl::Seccomp::standard();
  filter.deny({"ptrace",        "process_vm_readv",
               "socket",        "socketpair",
               "nfsservctl",    "lookup_dcookie",
               "sysfs",         "ustat",
               "kexec_load",    "kexec_file_load",
               "init_module",   "finit_module",
               "delete_module", "iopl",
               "ioperm",        "move_mount",
               "fsopen",        "fsmount",
               "fspick",        "pivot_root",
               "reboot",        "swapon",
               "swapoff",       "acct",
               "sethostname",   "setdomainname",
               "syslog",        "migrate_pages"},
              EDOM);
  return filter;
}

constexpr const char* without_mount_flags = R"({"mounts": [
  {"destination": "/dev/shm", "type": "tmpfs", "source": "tmpfs"},
  {"destination": "/dev/pts", "type": "devpts", "source": "devpts"},
  {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue"},
  {"destination": "/sys", "type": "sysfs", "source": "sysfs"}]})";

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
  if (report({}).good.contains("limits.processes"))  // the controller is there
    fails_only(report({.limits = {.pids = 0}}), {"limits.processes"});
  fails_only(report({.env = {{"SECRET", "1"}}}), {"environment", "process_1.environment"});
  fails_only(report({.cap_add = {"NET_RAW"}}),
             {"capabilities.bounding", "capabilities.effective", "capabilities.permitted",
              "socket.packet", "socket.raw"});
}

TEST_CASE_FIXTURE(Loosened, "probe: with the host's user ids these lines fail and no other") {
  SKIP_IF(!is_root(), "an ordinary user's container has a user namespace in any case");
  fails_only(report({.user_namespace = cl::UserNamespace::host}),
             {"ns.user", "ids.not_the_hosts_root"});
}

TEST_CASE_FIXTURE(Loosened, "probe: each of its checks has been seen to fail") {
  SKIP_IF(!is_root(), "needs root");
  const std::set<std::string> good = report({}).good;
  const std::filesystem::path folder = host.scratch / "folder";
  std::filesystem::create_directories(folder / "proc");
  std::filesystem::copy_file(PROBE, folder / "probe");
  const CarelessHost careless;
  std::set<std::string> failed;
  const auto add = [&](const ProbeReport& report) {
    for (const auto& failure : report.failed) failed.insert(failure.first);
  };
  add(
      outside("env --ignore-signal=USR1 --block-signal=USR2 sh -c 'kill -USR2 $$; exec \"$@\"' sh "
              "\"$@\"",
              {"oom=1001"}));
  add(outside("exec setpriv --inh-caps +chown --ambient-caps +chown \"$@\""));
  add(outside("exec setpriv --groups 5000 unshare --user --map-root-user \"$@\""));
  add(
      outside("exec unshare --mount --propagation shared sh -c '"
              "for m in / /proc /sys /dev; do mount -o remount,bind,rw,suid,dev,exec $m; done; "
              "exec \"$@\"' sh \"$@\""));
  add(below_another_directory(folder, host.scratch / "output"));
  // Process 1 is a shell of the host.
  add(outside("exec unshare --mount --pid --fork sh -c 'mount -t proc proc " +
              (folder / "proc").string() + "; shift; chroot " + folder.string() +
              " /probe \"$@\"; exit' sh \"$@\""));
  add(report({.limits = {.pids = 0}, .seccomp = other_answers()}));
  add(report({.unsafe_oci_spec = without_mount_flags}));
  add(report({.args = {"sh", "-c",
                       "cp /probe /tmp/unreadable; chmod 711 /tmp/unreadable; "
                       "exec su app -c /tmp/unreadable"}}));
  add(report({.mounts = {{.source = "/dev/full", .target = "/dev/more", .writable = true}},
              .cap_add = {"ALL"},
              .seccomp = cl::Seccomp::unconfined(),
              .user_namespace = cl::UserNamespace::host}));
  for (const std::string& check : good)
    CHECK_MESSAGE((failed.contains(check) || may_never_fail(check)), check << " never fails");
}
