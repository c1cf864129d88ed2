// What `containerlib-runtime run` of a whole bundle costs, next to runc and crun with the same one:
// namespaces (network too), mounts, masked paths, a seccomp profile as engines have it, groups with
// limits; the program is busybox's true. Read the ratios.
//
//   oci_benchmark [--runs N]
//   oci_benchmark --bundle DIR       makes the bundle and nothing else
//
// Needs root. Processor time and peak memory (of the largest process) are those of the command and
// all that it has waited for.
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "benchmarks/contestant.hpp"
#include "integration/busybox_root.hpp"
#include "integration/command.hpp"
#include "sandbox/seccomp/profile.hpp"

namespace fs = std::filesystem;

namespace {

using Command = std::vector<std::string>;
enum Column : std::size_t { wall, processor };

// ── The bundle ───────────────────────────────────────────────────────────────────────────────────

/// Several architectures, some hundred calls that are allowed, some that depend on arguments.
std::string seccomp() {
  std::string names;
  for (const auto& call : containerlib::sandbox::default_profile({}))
    if (call.name != "clone" && call.name != "personality" && call.name != "socket")
      names += (names.empty() ? "\"" : ", \"") + std::string(call.name) + "\"";
  const auto rule = [](const std::string& name, const std::string& op, const std::string& value,
                       const std::string& more = {}) {
    return R"(, {"names": [")" + name +
           R"("], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, )" + R"("op": "SCMP_CMP_)" +
           op + R"(", "value": )" + value + more + "}]}";
  };
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": )"
         R"(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [)"
         R"({"names": [)" +
         names + R"(], "action": "SCMP_ACT_ALLOW"})" + rule("socket", "NE", "40") +
         rule("personality", "EQ", "0") + rule("personality", "EQ", "8") +
         rule("personality", "EQ", "131072") + rule("personality", "EQ", "131080") +
         rule("personality", "EQ", "4294967295") +
         rule("clone", "MASKED_EQ", "2114060288", R"(, "valueTwo": 0)") + "]}";
}

constexpr const char* mounts = R"([
 {"destination": "/proc", "type": "proc", "source": "proc"},
 {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
  "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
 {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
  "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
 {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
  "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
 {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
  "options": ["nosuid", "noexec", "nodev"]},
 {"destination": "/sys", "type": "sysfs", "source": "sysfs",
  "options": ["nosuid", "noexec", "nodev", "ro"]},
 {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
  "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}])";

constexpr const char* capabilities =
    R"(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID",
 "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL"])";

std::string config() {
  const std::string caps = capabilities;
  return R"({"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "hostname": "benchmark",
 "process": {"cwd": "/", "user": {"uid": 0, "gid": 0}, "args": ["/bin/true"],
 "env": ["PATH=/usr/bin:/bin"], "noNewPrivileges": true,
 "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}],
 "capabilities": {"bounding": )" +
         caps + R"(, "effective": )" + caps + R"(, "permitted": )" + caps + R"(}},
 "mounts": )" +
         mounts + R"(,
 "linux": {"namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
 {"type": "network"}],
 "resources": {"devices": [{"allow": false, "access": "rwm"}], "memory": {"limit": 67108864},
 "pids": {"limit": 32}, "cpu": {"shares": 512, "quota": 100000, "period": 100000}},
 "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
 "/proc/timer_list", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
 "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
 "seccomp": )" +
         seccomp() + "}}\n";
}

void make_bundle(const fs::path& bundle) {
  tests::make_busybox_root(bundle / "rootfs");
  tests::write_file(bundle / "config.json", config());
}

// ── The contestants' processes ───────────────────────────────────────────────────────────────────

std::int64_t nanoseconds(const timeval& time) {
  return (std::int64_t{time.tv_sec} * 1000000 + time.tv_usec) * 1000;
}

/// Prints the columns of one run for each byte of standard input.
int serve(char** command) {
  for (char byte = 0; ::read(0, &byte, 1) == 1;) {
    const auto start = std::chrono::steady_clock::now();
    pid_t pid = -1;
    int status = 0;
    rusage usage = {};
    if (::posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ) != 0 ||
        ::wait4(pid, &status, 0, &usage) != pid || status != 0)
      return 1;
    const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
    std::printf("%lld %lld\n", static_cast<long long>(taken.count()),
                static_cast<long long>(nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)));
    std::fflush(stdout);
  }
  return 0;
}

/// Prints the peak memory in KiB, the least of a few runs. By fork(): a process that was made by
/// posix_spawn() counts the memory of its parent, with which it shares it until it executes.
int print_peak(char** command) {
  long least = 0;
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execvp(command[0], command);
      ::_exit(127);
    }
    int status = 0;
    rusage usage = {};
    if (::wait4(pid, &status, 0, &usage) != pid || status != 0) return 1;
    if (least == 0 || usage.ru_maxrss < least) least = usage.ru_maxrss;
  }
  std::printf("%ld\n", least);
  return 0;
}

// ── The race ─────────────────────────────────────────────────────────────────────────────────────

// crun refuses hosts that show it cgroup v1 and v2, so it gets a mount namespace without v2.
const Command without_cgroup2 = {
    "unshare", "-m", "sh", "-c", "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"", "sh"};

class Race {
 public:
  explicit Race(fs::path scratch) : scratch_(std::move(scratch)) { make_bundle(bundle()); }
  fs::path bundle() const { return scratch_ / "bundle"; }

  void runtime(const std::string& name, const std::string& program, const Command& before = {}) {
    add(name, before,
        {program, "--root", scratch_ / name, "run", "--bundle", bundle(),
         "benchmark-" + name + std::to_string(::getpid())});
  }
  void add(const std::string& name, const Command& before, const Command& command) {
    if (!tests::has_program(command[0]) && !fs::exists(command[0])) {
      std::printf("%s is not installed\n", command[0].c_str());
      return;
    }
    const auto by = [&](const char* verb) {
      Command line = before;
      line.insert(line.end(), {fs::read_symlink("/proc/self/exe"), verb});
      line.insert(line.end(), command.begin(), command.end());
      return line;
    };
    peaks_.push_back(std::atol(tests::command(by("--peak")).out.c_str()));
    contestants_.push_back(
        std::make_unique<benchmarks::Contestant>(name, "", by("--serve-command")));
  }
  void run(int runs) { benchmarks::take_turns(contestants_, runs); }
  bool print() const {
    std::printf("%-24s %9s %9s %9s %9s %9s\n", "", "wall min", "median", "CPU min", "median",
                "peak KiB");
    bool good = true;
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      const benchmarks::Contestant& c = *contestants_[i];
      good &= !c.failed();
      std::printf("%-24s %9.2f %9.2f %9.2f %9.2f %9ld%s\n", c.name().c_str(), c.min(wall),
                  c.median(wall), c.min(processor), c.median(processor), peaks_[i],
                  c.failed() ? " failed" : "");
    }
    const benchmarks::Contestant& own = *contestants_.front();
    for (std::size_t i = 1; i < contestants_.size(); ++i) {
      const benchmarks::Contestant& c = *contestants_[i];
      if (c.name() == "busybox" || c.failed() || own.failed()) continue;
      std::printf("%-24s %9.2f %9.2f %9.2f %9.2f\n", ("ours / " + c.name()).c_str(),
                  own.min(wall) / c.min(wall), own.median(wall) / c.median(wall),
                  own.min(processor) / c.min(processor),
                  own.median(processor) / c.median(processor));
    }
    return good;
  }

 private:
  fs::path scratch_;
  benchmarks::Contestants contestants_;
  std::vector<long> peaks_;  ///< KiB
};

bool race(const fs::path& scratch, int runs) {
  Race race(scratch);
  race.runtime("containerlib-runtime", CONTAINERLIB_RUNTIME);
  race.runtime("crun", "crun", without_cgroup2);
  race.runtime("runc", "runc");
  race.add("busybox", {}, {race.bundle() / "rootfs/bin/true"});
  race.run(runs);
  return race.print();
}

int main_race(int runs) {
  // In memory, as /run is on most hosts, where the runtimes keep their state.
  return benchmarks::run_race("/dev/shm/containerlib-benchmark-XXXXXX",
                              [runs](const fs::path& scratch) { return race(scratch, runs); });
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    const std::string verb = argc > 1 ? argv[1] : "";
    if (verb == "--bundle" && argc == 3) return make_bundle(argv[2]), 0;
    if (verb == "--serve-command" && argc > 2) return serve(argv + 2);
    if (verb == "--peak" && argc > 2) return print_peak(argv + 2);
    return main_race(verb == "--runs" && argc == 3 ? std::atoi(argv[2]) : 100);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "oci_benchmark: %s\n", error.what());
    return 1;
  }
}
