#include "sandbox/seccomp/compile.hpp"

#include <doctest/doctest.h>
#include <linux/audit.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "sandbox/seccomp/cache.hpp"
#include "sandbox/seccomp/default.hpp"
#include "sandbox/seccomp/profile.hpp"
#include "seccomp_interpreter.hpp"

using namespace containerlib;
using namespace containerlib::sandbox;

namespace {

const std::vector<std::string> default_capabilities = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
    "CAP_KILL",    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",   "CAP_SETGID",
    "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};

constexpr int allowed = 0;

/// What a program answers: an errno, 0 for allowed, -1 for anything else.
int ask(std::span<const std::uint8_t> program, const char* call, std::uint64_t arg0 = 0,
        std::uint64_t arg1 = 0, Architecture architecture = native_architecture()) {
  const std::optional<int> number = syscall_number(call, architecture);
  REQUIRE(number);
  REQUIRE(*number >= 0);
  seccomp_data data = {};
  data.nr = *number;
  data.arch = static_cast<std::uint32_t>(architecture);
  data.args[0] = arg0;
  data.args[1] = arg1;
  const std::uint32_t answer = run_filter(program, data).value_or(SECCOMP_RET_KILL_PROCESS);
  if (answer == SECCOMP_RET_ALLOW) return allowed;
  if ((answer & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO) return -1;
  return static_cast<int>(answer & SECCOMP_RET_DATA);
}

Errc failure(const SeccompRequest& request) {
  try {
    compile_seccomp(request);
  } catch (const Error& error) {
    return static_cast<Errc>(error.code().value());
  }
  return {};
}

}  // namespace

TEST_CASE("the precompiled program is the one compiled now") {
  const auto built = default_seccomp_program();
  const auto now = compile_seccomp({.capabilities = default_capabilities});
  CHECK(std::equal(built.begin(), built.end(), now.begin(), now.end()));
}

TEST_CASE("default profile: each answer of the table") {
  const auto program = compile_seccomp({.capabilities = default_capabilities});
  for (const char* call : {"read", "execve", "futex", "chroot", "ptrace", "fchmodat2", "mseal",
                           "setxattrat", "statmount", "landlock_create_ruleset", "seccomp"}) {
    CAPTURE(call);
    CHECK(ask(program, call) == allowed);
  }
  for (const char* call : {"keyctl",
                           "add_key",
                           "request_key",
                           "io_uring_setup",
                           "io_uring_enter",
                           "io_uring_register",
                           "setns",
                           "mount",
                           "umount2",
                           "open_tree",
                           "open_tree_attr",
                           "move_mount",
                           "fsopen",
                           "fsconfig",
                           "fsmount",
                           "fspick",
                           "mount_setattr",
                           "pivot_root",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "kexec_load",
                           "kexec_file_load",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "reboot",
                           "swapon",
                           "acct",
                           "settimeofday",
                           "clock_settime",
                           "syslog",
                           "open_by_handle_at",
                           "pidfd_getfd",
                           "kcmp",
                           "sethostname",
                           "quotactl"}) {
    CAPTURE(call);
    CHECK(ask(program, call) == EPERM);
  }
  CHECK(ask(program, "clone3") == ENOSYS);
  CHECK(ask(program, "nfsservctl") == EPERM);
}

TEST_CASE("default profile: clone and unshare without new namespaces") {
  const auto program = compile_seccomp({});
  CHECK(ask(program, "clone", 0x3d0f00) == allowed);    // pthread_create
  CHECK(ask(program, "clone", 0x01200011) == allowed);  // fork
  CHECK(ask(program, "clone", 0x91) == allowed);        // bit 7 is part of the signal
  CHECK(ask(program, "unshare", 0x600) == allowed);     // CLONE_FS | CLONE_FILES
  CHECK(ask(program, "unshare", 0x80) == EPERM);        // CLONE_NEWTIME
  for (const std::uint64_t flag : {0x00020000u, 0x02000000u, 0x04000000u, 0x08000000u, 0x10000000u,
                                   0x20000000u, 0x40000000u}) {
    CAPTURE(flag);
    CHECK(ask(program, "clone", flag | 17) == EPERM);
    CHECK(ask(program, "clone", flag | 0xffffffff00000011) == EPERM);
    CHECK(ask(program, "unshare", flag) == EPERM);
  }
}

TEST_CASE("default profile: personalities, terminal controls, socket families") {
  const auto program = compile_seccomp({});
  for (const std::uint64_t fine : {0u, 8u, 0x20000u, 0x20008u, 0xffffffffu})
    CHECK(ask(program, "personality", fine) == allowed);
  for (const std::uint64_t bad : {0x40000u, 1u, 0x400000u, 0x20009u, 0xfffffffeu, 0x100000u})
    CHECK(ask(program, "personality", bad) == EPERM);

  CHECK(ask(program, "ioctl", 0, 0x5401) == allowed);
  for (const std::uint64_t high : {std::uint64_t{0}, std::uint64_t{1} << 32}) {
    CHECK(ask(program, "ioctl", 0, high | 0x5412) == EPERM);
    CHECK(ask(program, "ioctl", 0, high | 0x541c) == EPERM);
  }

  for (const char* call : {"socket", "socketpair"}) {
    for (const std::uint64_t family : {1, 2, 10, 16}) CHECK(ask(program, call, family) == allowed);
    for (const std::uint64_t family : {17, 38, 40}) CHECK(ask(program, call, family) == EPERM);
    for (const std::uint64_t family : {0, 21, 30, 39, 44, 1000})
      CHECK(ask(program, call, family) == EAFNOSUPPORT);
    CHECK(ask(program, call, 0x100000026) == EPERM);
  }
}

TEST_CASE("a capability unlocks its calls and no others") {
  const auto admin = compile_seccomp({.capabilities = {"CAP_SYS_ADMIN"}});
  for (const char* call : {"mount", "setns", "clone3", "fsopen", "bpf", "syslog", "quotactl"}) {
    CAPTURE(call);
    CHECK(ask(admin, call) == allowed);
  }
  CHECK(ask(admin, "unshare", 0x10000000) == allowed);
  CHECK(ask(admin, "clone", 0x10000011) == allowed);
  for (const char* call : {"keyctl", "io_uring_setup", "init_module", "reboot", "chroot"}) {
    CAPTURE(call);
    CHECK(ask(admin, call) == EPERM);
  }
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_SYS_MODULE"}}), "init_module") == allowed);
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_SYSLOG"}}), "syslog") == allowed);
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_BPF"}}), "bpf") == allowed);
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_SYS_PTRACE"}}), "pidfd_getfd") == allowed);
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_SYS_TIME"}}), "clock_settime") == allowed);
  CHECK(ask(compile_seccomp({.capabilities = {"CAP_NET_RAW"}}), "socket", 17) == allowed);
  CHECK(ask(compile_seccomp({}), "chroot") == EPERM);
}

TEST_CASE("the caller's rules come over the profile, the last wins") {
  const auto program = compile_seccomp(
      {.capabilities = {},
       .rules = {{"keyctl", 0}, {"getcwd", EACCES}, {"mount", 0}, {"mount", EBUSY}, {"clone", 0}}});
  CHECK(ask(program, "keyctl") == allowed);
  CHECK(ask(program, "getcwd") == EACCES);
  CHECK(ask(program, "mount") == EBUSY);
  CHECK(ask(program, "clone", 0x10000000) == allowed);
}

TEST_CASE("a wrong rule names the call") {
  CHECK(failure({.capabilities = {}, .rules = {{"no_such_call", 0}}}) == Errc::invalid_option);
  CHECK(failure({.capabilities = {}, .rules = {{"", 0}}}) == Errc::invalid_option);
  CHECK(failure({.capabilities = {}, .rules = {{"mount", -1}}}) == Errc::invalid_option);
  CHECK(failure({.capabilities = {}, .rules = {{"mount", 4096}}}) == Errc::invalid_option);
  // Calls of other architectures are no error: the same options serve on all of them.
  CHECK(failure({.capabilities = {}, .rules = {{"socketcall", EPERM}}}) == Errc{});
}

TEST_CASE("aarch64 gets a program with its own numbers") {
  const auto arm = compile_seccomp({}, Architecture::aarch64);
  CHECK(syscall_number("read", Architecture::aarch64) == 63);
  CHECK(syscall_number("open", Architecture::aarch64) == absent_syscall);
  CHECK(syscall_number("mseal", Architecture::aarch64) == 462);
  CHECK(ask(arm, "read", 0, 0, Architecture::aarch64) == allowed);
  CHECK(ask(arm, "keyctl", 0, 0, Architecture::aarch64) == EPERM);
  CHECK(ask(arm, "clone", 0x10000000, 0, Architecture::aarch64) == EPERM);
}

TEST_CASE("each call is in the profile once, and profile_capabilities tells what matters") {
  auto names = std::vector<std::string_view>();
  for (const SyscallPolicy& call : default_profile({})) names.push_back(call.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  CHECK_MESSAGE(twice == names.end(), (twice == names.end() ? "" : *twice));
  CHECK(profile_capabilities(default_capabilities) == std::vector<std::string>{"CAP_SYS_CHROOT"});
  CHECK(profile_capabilities({"CAP_SYS_TIME", "CAP_KILL", "CAP_BPF", "CAP_BPF"}) ==
        std::vector<std::string>{"CAP_BPF", "CAP_SYS_TIME"});
}

TEST_CASE("the cache gives what the compiler gives") {
  SeccompCache cache;
  const auto built = default_seccomp_program();
  CHECK(cache.program({.capabilities = default_capabilities}) ==
        std::vector<std::uint8_t>(built.begin(), built.end()));
  for (int errnum = 1; errnum < 50; ++errnum) {
    const SeccompRequest request = {.capabilities = {"CAP_KILL"}, .rules = {{"getcwd", errnum}}};
    CHECK(cache.program(request) == compile_seccomp(request));
    CHECK(cache.program(request) == compile_seccomp(request));
  }
  CHECK_THROWS_AS(cache.program({.capabilities = {}, .rules = {{"no_such_call", 0}}}), Error);
}
