#include "sandbox/seccomp/oci.hpp"

#include <doctest/doctest.h>
#include <linux/audit.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "base/error.hpp"
#include "seccomp_interpreter.hpp"

using namespace containerlib;
using namespace containerlib::sandbox;
using oci::SeccompProfile;
using oci::SeccompRule;

namespace {

constexpr auto machine = Architecture::x86_64;
constexpr std::uint32_t x32_bit = 0x40000000;

SeccompProfile profile_of(const char* default_action, std::vector<SeccompRule> rules) {
  SeccompProfile profile;
  profile.default_action = default_action;
  profile.syscalls = std::move(rules);
  return profile;
}

SeccompRule rule(std::vector<std::string> names, const char* action,
                 std::vector<oci::SeccompArgument> args = {}) {
  return {.names = std::move(names), .action = action, .errno_ret = {}, .args = std::move(args)};
}

struct Call {
  std::uint32_t number = 0;
  std::vector<std::uint64_t> args = {};
  std::uint32_t audit_arch = AUDIT_ARCH_X86_64;
};

std::uint32_t ask(const std::vector<std::uint8_t>& program, const Call& call) {
  seccomp_data data = {};
  data.nr = static_cast<int>(call.number);
  data.arch = call.audit_arch;
  std::copy(call.args.begin(), call.args.end(), data.args);
  const auto answer = run_filter(program, data);
  REQUIRE(answer);
  return *answer;
}

std::uint32_t ask(const SeccompProfile& profile, const Call& call) {
  return ask(compile_seccomp_program(profile, machine).bytes, call);
}

constexpr std::uint32_t allowed = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refused(int errnum) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errnum);
}
constexpr std::uint32_t eperm = refused(EPERM), enosys = refused(ENOSYS);

std::string wrong_field(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK((error.code() == Errc::invalid_option));
    return error.subject();
  }
  return {};
}

std::string wrong_field(const SeccompProfile& profile) {
  return wrong_field([&profile] { compile_seccomp_program(profile, machine); });
}

}  // namespace

TEST_CASE("each action becomes its answer, as a rule and by default") {
  const std::pair<const char*, std::uint32_t> actions[] = {
      {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
      {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
      {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
      {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
      {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO | EPERM},
      {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM},
      {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
      {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
      {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF}};
  for (const auto& action : actions) {
    const auto& name = action.first;
    const auto& answer = action.second;
    CAPTURE(name);
    CHECK(ask(profile_of(name, {}), {0}) == answer);
    SeccompProfile profile = profile_of("SCMP_ACT_ERRNO", {rule({"read"}, name)});
    profile.default_errno_ret = 9;
    CHECK(ask(profile, {0}) == answer);
    CHECK(ask(profile, {1}) == refused(9));
  }
}

TEST_CASE("an action's errno is the given one, and an error where it has none") {
  SeccompProfile profile = profile_of("SCMP_ACT_ALLOW", {rule({"read"}, "SCMP_ACT_ERRNO")});
  profile.syscalls[0].errno_ret = 0;
  CHECK(ask(profile, {0}) == refused(0));
  profile.syscalls[0].errno_ret = 4095;
  CHECK(ask(profile, {0}) == refused(4095));
  profile.syscalls[0].errno_ret = 4096;
  CHECK(wrong_field(profile) == "linux.seccomp.syscalls.action");
  profile.syscalls[0].action = "SCMP_ACT_TRACE";
  CHECK(ask(profile, {0}) == (SECCOMP_RET_TRACE | 4096));
  profile.syscalls[0].action = "SCMP_ACT_KILL";
  profile.syscalls[0].errno_ret = 0;
  CHECK(wrong_field(profile) == "linux.seccomp.syscalls.action");
  profile.syscalls.clear();
  profile.default_errno_ret = 1;
  CHECK(wrong_field(profile) == "linux.seccomp.defaultAction");
}

TEST_CASE("each operator compares all 64 bits, unsigned") {
  using Compare = std::function<bool(std::uint64_t, std::uint64_t)>;
  const std::pair<const char*, Compare> operators[] = {
      {"SCMP_CMP_NE", std::not_equal_to<>()},  {"SCMP_CMP_LT", std::less<>()},
      {"SCMP_CMP_LE", std::less_equal<>()},    {"SCMP_CMP_EQ", std::equal_to<>()},
      {"SCMP_CMP_GE", std::greater_equal<>()}, {"SCMP_CMP_GT", std::greater<>()}};
  std::vector<std::uint64_t> edges;
  for (const std::uint64_t middle :
       {std::uint64_t{0}, std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{1} << 63,
        std::uint64_t{5} << 32 | 7})
    for (const std::uint64_t value : {middle - 1, middle, middle + 1}) edges.push_back(value);
  for (const auto& op : operators)
    for (const std::uint64_t value : edges) {
      const auto& name = op.first;
      const auto& holds = op.second;
      const auto program = compile_seccomp_program(
          profile_of("SCMP_ACT_ERRNO", {rule({"read"}, "SCMP_ACT_ALLOW", {{5, value, 0, name}})}),
          machine);
      for (const std::uint64_t argument : edges) {
        CAPTURE(name);
        CAPTURE(value);
        CAPTURE(argument);
        const Call call = {0, {0, 0, 0, 0, 0, argument}};
        CHECK(ask(program.bytes, call) == (holds(argument, value) ? allowed : eperm));
      }
    }
}

TEST_CASE("a masked comparison looks at the bits of the mask only") {
  const std::uint64_t mask = 0xf0000000000000f0;
  const SeccompProfile profile = profile_of(
      "SCMP_ACT_ERRNO",
      {rule({"read"}, "SCMP_ACT_ALLOW", {{0, mask, 0x50000000000000af, "SCMP_CMP_MASKED_EQ"}})});
  CHECK(ask(profile, {0, {0x50000000000000a0}}) == allowed);
  CHECK(ask(profile, {0, {0x5ffffffffffff0a5}}) == allowed);
  CHECK(ask(profile, {0, {0x40000000000000a0}}) == eperm);
  CHECK(ask(profile, {0, {0x50000000000000b0}}) == eperm);
}

TEST_CASE("tests of one rule must all hold, of several rules one, of one argument twice one") {
  const SeccompProfile both = profile_of(
      "SCMP_ACT_ERRNO",
      {rule({"read"}, "SCMP_ACT_ALLOW", {{0, 1, 0, "SCMP_CMP_EQ"}, {1, 2, 0, "SCMP_CMP_EQ"}}),
       rule({"read"}, "SCMP_ACT_ALLOW", {{2, 9, 0, "SCMP_CMP_GT"}})});
  CHECK(ask(both, {0, {1, 2, 0}}) == allowed);
  CHECK(ask(both, {0, {1, 3, 0}}) == eperm);
  CHECK(ask(both, {0, {0, 2, 0}}) == eperm);
  CHECK(ask(both, {0, {0, 0, 10}}) == allowed);
  const SeccompProfile twice = profile_of(
      "SCMP_ACT_ERRNO",
      {rule({"read"}, "SCMP_ACT_ALLOW", {{0, 1, 0, "SCMP_CMP_EQ"}, {0, 7, 0, "SCMP_CMP_EQ"}})});
  CHECK(ask(twice, {0, {1}}) == allowed);
  CHECK(ask(twice, {0, {7}}) == allowed);
  CHECK(ask(twice, {0, {2}}) == eperm);
}

TEST_CASE("of rules for one call the unconditional one wins, else the strictest that holds") {
  const auto conditional = [](const char* action, std::uint64_t value) {
    return rule({"read"}, action, {{0, value, 0, "SCMP_CMP_GE"}});
  };
  const SeccompProfile free = profile_of(
      "SCMP_ACT_ERRNO", {conditional("SCMP_ACT_KILL", 1), rule({"read"}, "SCMP_ACT_ALLOW"),
                         rule({"read"}, "SCMP_ACT_LOG"), conditional("SCMP_ACT_TRAP", 1)});
  CHECK(ask(free, {0, {5}}) == allowed);
  const SeccompProfile strict = profile_of(
      "SCMP_ACT_ERRNO", {conditional("SCMP_ACT_ALLOW", 1), conditional("SCMP_ACT_TRAP", 5),
                         conditional("SCMP_ACT_KILL_PROCESS", 7)});
  CHECK(ask(strict, {0, {0}}) == eperm);
  CHECK(ask(strict, {0, {1}}) == allowed);
  CHECK(ask(strict, {0, {5}}) == SECCOMP_RET_TRAP);
  CHECK(ask(strict, {0, {7}}) == SECCOMP_RET_KILL_PROCESS);
  // As runc and crun: what says the same as the default is not said.
  const SeccompProfile same = profile_of(
      "SCMP_ACT_ERRNO", {rule({"read"}, "SCMP_ACT_ERRNO"), rule({"read"}, "SCMP_ACT_ALLOW")});
  CHECK(ask(same, {0}) == allowed);
}

TEST_CASE("an ABI that is not named kills, one that is has its own numbers") {
  SeccompProfile profile =
      profile_of("SCMP_ACT_ERRNO", {rule({"write", "socket", "msgget"}, "SCMP_ACT_ALLOW")});
  profile.default_errno_ret = 9;
  CHECK(ask(profile, {1}) == allowed);
  CHECK(ask(profile, {4, {}, AUDIT_ARCH_I386}) == SECCOMP_RET_KILL_THREAD);
  CHECK(ask(profile, {x32_bit | 1}) == SECCOMP_RET_KILL_THREAD);
  CHECK(ask(profile, {0xffffffff}) == refused(9));  // what a tracer skips
  profile.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_S390X"};
  CHECK(ask(profile, {1}) == allowed);
  CHECK(ask(profile, {4}) == refused(9));
  CHECK(ask(profile, {4, {}, AUDIT_ARCH_I386}) == allowed);
  CHECK(ask(profile, {1, {}, AUDIT_ARCH_I386}) == refused(9));
  CHECK(ask(profile, {x32_bit | 1}) == allowed);
  CHECK(ask(profile, {x32_bit | 2}) == refused(9));
  CHECK(ask(profile, {x32_bit}) == refused(9));
  CHECK(ask(profile, {1, {}, AUDIT_ARCH_ARM}) == SECCOMP_RET_KILL_THREAD);
  // One call of i386 for all of sockets, one for System V's IPC, and each by its own number.
  CHECK(ask(profile, {102, {1}, AUDIT_ARCH_I386}) == allowed);
  CHECK(ask(profile, {102, {2}, AUDIT_ARCH_I386}) == refused(9));
  CHECK(ask(profile, {359, {}, AUDIT_ARCH_I386}) == allowed);
  CHECK(ask(profile, {117, {13}, AUDIT_ARCH_I386}) == allowed);
  CHECK(ask(profile, {117, {14}, AUDIT_ARCH_I386}) == refused(9));
  profile.architectures = {"SCMP_ARCH_VAX"};
  CHECK(wrong_field(profile) == "linux.seccomp.architectures");
}

TEST_CASE("aarch64 has its own numbers and arm's") {
  SeccompProfile profile = profile_of("SCMP_ACT_ERRNO", {rule({"write"}, "SCMP_ACT_ALLOW")});
  profile.architectures = {"SCMP_ARCH_ARM"};
  const auto program = compile_seccomp_program(profile, Architecture::aarch64);
  CHECK(ask(program.bytes, {64, {}, AUDIT_ARCH_AARCH64}) == allowed);
  CHECK(ask(program.bytes, {4, {}, AUDIT_ARCH_ARM}) == allowed);
  CHECK(ask(program.bytes, {1, {}, AUDIT_ARCH_X86_64}) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("calls younger than the profile get ENOSYS where the default is EPERM") {
  SeccompProfile profile = profile_of(
      "SCMP_ACT_ERRNO", {rule({"read", "mseal"}, "SCMP_ACT_ALLOW"), rule({"bpf"}, "SCMP_ACT_LOG")});
  profile.architectures = {"SCMP_ARCH_X86"};
  CHECK(ask(profile, {462}) == allowed);
  CHECK(ask(profile, {461}) == eperm);
  CHECK(ask(profile, {463}) == enosys);
  CHECK(ask(profile, {463, {}, AUDIT_ARCH_I386}) == enosys);
  CHECK(ask(profile, {0xffffffff}) == eperm);
  CHECK(ask(profile, {x32_bit | 463}) == SECCOMP_RET_KILL_THREAD);
  profile.default_errno_ret = EACCES;
  CHECK(ask(profile, {463}) == refused(EACCES));
  profile.default_errno_ret = {};
  profile.default_action = "SCMP_ACT_KILL";
  CHECK(ask(profile, {463}) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("names that no architecture has are skipped and told") {
  const SeccompProfile profile =
      profile_of("SCMP_ACT_ERRNO",
                 {rule({"no_such_call", "read"}, "SCMP_ACT_ALLOW"),
                  rule({"another", "no_such_call", "s390_pci_mmio_read"}, "SCMP_ACT_ALLOW")});
  const SeccompProgram program = compile_seccomp_program(profile, machine);
  CHECK(program.unknown == std::vector<std::string>{"another", "no_such_call"});
  CHECK(ask(program.bytes, {0}) == allowed);
}

TEST_CASE("unknown words and indices name their field") {
  CHECK(wrong_field(profile_of("SCMP_ACT_MAYBE", {})) == "linux.seccomp.defaultAction");
  CHECK(wrong_field(profile_of("SCMP_ACT_ALLOW", {rule({"read"}, "ERRNO")})) ==
        "linux.seccomp.syscalls.action");
  for (const oci::SeccompArgument& wrong :
       {oci::SeccompArgument{0, 0, 0, "EQ"}, oci::SeccompArgument{6, 0, 0, "SCMP_CMP_EQ"}})
    CHECK(wrong_field(profile_of("SCMP_ACT_ALLOW", {rule({"read"}, "SCMP_ACT_LOG", {wrong})})) ==
          "linux.seccomp.syscalls.args");
}

TEST_CASE("a profile as engines have it fits, and answers for each call") {
  std::vector<std::string> calls;
  std::vector<std::uint32_t> numbers;
  for (const char* name : {"read",        "write",        "open",
                           "close",       "stat",         "fstat",
                           "lstat",       "poll",         "lseek",
                           "mmap",        "mprotect",     "munmap",
                           "brk",         "rt_sigaction", "rt_sigprocmask",
                           "pread64",     "pwrite64",     "readv",
                           "writev",      "access",       "pipe",
                           "select",      "sched_yield",  "mremap",
                           "msync",       "mincore",      "madvise",
                           "shmget",      "shmat",        "shmctl",
                           "dup",         "dup2",         "pause",
                           "nanosleep",   "getitimer",    "alarm",
                           "setitimer",   "getpid",       "sendfile",
                           "connect",     "accept",       "sendto",
                           "recvfrom",    "sendmsg",      "recvmsg",
                           "shutdown",    "bind",         "listen",
                           "getsockname", "getpeername",  "fork",
                           "vfork",       "execve",       "exit",
                           "wait4",       "kill",         "uname",
                           "semget",      "semop",        "semctl",
                           "shmdt",       "msgget",       "msgsnd",
                           "msgrcv",      "msgctl",       "fcntl",
                           "flock",       "fsync",        "fdatasync",
                           "truncate",    "ftruncate",    "getdents",
                           "getcwd",      "chdir",        "fchdir",
                           "rename",      "mkdir",        "rmdir",
                           "creat",       "link",         "unlink",
                           "symlink",     "readlink",     "chmod",
                           "fchmod",      "chown",        "openat",
                           "mkdirat",     "futex",        "epoll_wait",
                           "clone3",      "close_range",  "openat2",
                           "statx",       "faccessat2",   "landlock_create_ruleset",
                           "futex_waitv", "cachestat",    "mseal"}) {
    calls.emplace_back(name);
    numbers.push_back(static_cast<std::uint32_t>(*syscall_number(name, machine)));
  }
  SeccompProfile profile =
      profile_of("SCMP_ACT_ERRNO",
                 {rule(calls, "SCMP_ACT_ALLOW"),
                  rule({"clone"}, "SCMP_ACT_ALLOW", {{0, 2114060288, 0, "SCMP_CMP_MASKED_EQ"}}),
                  rule({"socket"}, "SCMP_ACT_ALLOW", {{0, 40, 0, "SCMP_CMP_NE"}}),
                  rule({"personality"}, "SCMP_ACT_ALLOW", {{0, 0, 0, "SCMP_CMP_EQ"}}),
                  rule({"personality"}, "SCMP_ACT_ALLOW", {{0, 8, 0, "SCMP_CMP_EQ"}}),
                  rule({"personality"}, "SCMP_ACT_ALLOW", {{0, 0xffffffff, 0, "SCMP_CMP_EQ"}})});
  profile.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
  const SeccompProgram program = compile_seccomp_program(profile, machine);
  CHECK(program.unknown.empty());
  CHECK(program.bytes.size() / 8 < 2000);
  for (std::uint32_t number = 0; number < 463; ++number) {
    CAPTURE(number);
    if (number == 56 || number == 41 || number == 135) continue;
    const bool named = std::find(numbers.begin(), numbers.end(), number) != numbers.end();
    CHECK(ask(program.bytes, {number}) == (named ? allowed : eperm));
  }
  CHECK(ask(program.bytes, {56, {17}}) == allowed);
  CHECK(ask(program.bytes, {56, {0x10000011}}) == eperm);
  CHECK(ask(program.bytes, {41, {40}}) == eperm);
  CHECK(ask(program.bytes, {41, {2}}) == allowed);
  CHECK(ask(program.bytes, {135, {0xffffffff}}) == allowed);
  CHECK(ask(program.bytes, {135, {9}}) == eperm);
  CHECK(ask(program.bytes, {120, {0x10000011}, AUDIT_ARCH_I386}) == eperm);
  CHECK(ask(program.bytes, {120, {17}, AUDIT_ARCH_I386}) == allowed);
  CHECK(ask(program.bytes, {x32_bit | 56, {17}}) == allowed);
}
