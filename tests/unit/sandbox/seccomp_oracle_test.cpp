#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>

#include "sandbox/seccomp/oci.hpp"
#include "seccomp_interpreter.hpp"

// Our programs against those that libseccomp makes of the same rules, on many calls.
using namespace containerlib;
using namespace containerlib::sandbox;

#ifdef __x86_64__
namespace {

constexpr const char* operator_names[] = {"SCMP_CMP_NE",       "SCMP_CMP_LT", "SCMP_CMP_LE",
                                          "SCMP_CMP_EQ",       "SCMP_CMP_GE", "SCMP_CMP_GT",
                                          "SCMP_CMP_MASKED_EQ"};
constexpr scmp_compare operators[] = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,       SCMP_CMP_EQ,
                                      SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
constexpr std::uint64_t values[] = {0,
                                    1,
                                    2,
                                    40,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    0x100000001,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xfffffffffffffffe,
                                    0xffffffffffffffff};
// None without a number of its own in one of the ABIs (accept on i386): libseccomp 2.5.4 may then
// forget to load the number.
constexpr const char* calls[] = {"read",  "write",   "openat",   "socket", "clone", "personality",
                                 "ioctl", "sendmsg", "recvmmsg", "shmat",  "clone3"};

class Oracle {
 public:
  explicit Oracle(bool all_abis) : context_(seccomp_init(SCMP_ACT_ERRNO(7))) {
    REQUIRE(context_);
    if (!all_abis) return;
    REQUIRE(seccomp_arch_add(context_, SCMP_ARCH_X86) == 0);
    REQUIRE(seccomp_arch_add(context_, SCMP_ARCH_X32) == 0);
  }
  ~Oracle() { seccomp_release(context_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  int add(const std::string& name, const std::vector<scmp_arg_cmp>& tests) {
    return seccomp_rule_add_array(context_, SCMP_ACT_ALLOW,
                                  seccomp_syscall_resolve_name(name.c_str()),
                                  static_cast<unsigned>(tests.size()), tests.data());
  }
  std::vector<std::uint8_t> program() {
    const int fd = memfd_create("filter", MFD_CLOEXEC);
    REQUIRE(seccomp_export_bpf(context_, fd) == 0);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(lseek(fd, 0, SEEK_CUR)));
    REQUIRE(pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    close(fd);
    return bytes;
  }

 private:
  scmp_filter_ctx context_;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  template <class T, std::size_t n>
  const T& one_of(const T (&list)[n]) {
    return list[below(n)];
  }

 private:
  std::mt19937 engine_;
};

/// The same random rules for both; each argument is tested at most once in a rule. One rule for
/// each call: with several that test the same argument, libseccomp 2.5.4 allows calls that no rule
/// allows.
oci::SeccompProfile random_rules(Dice& dice, Oracle& oracle, std::size_t most) {
  oci::SeccompProfile profile = {.default_action = "SCMP_ACT_ERRNO",
                                 .default_errno_ret = 7,
                                 .architectures = {},
                                 .flags = {},
                                 .listener_path = {},
                                 .listener_metadata = {},
                                 .syscalls = {}};
  for (std::size_t count = 1 + dice.below(most); count; --count) {
    oci::SeccompRule rule = {
        .names = {dice.one_of(calls)}, .action = "SCMP_ACT_ALLOW", .errno_ret = {}, .args = {}};
    std::vector<scmp_arg_cmp> tests;
    for (unsigned argument = 0; argument < 3; ++argument) {
      if (dice.below(2)) continue;
      const std::size_t op = dice.below(std::size(operators));
      const std::uint64_t value = dice.one_of(values), two = dice.one_of(values);
      rule.args.push_back({argument, value, two, operator_names[op]});
      tests.push_back({argument, operators[op], value, two});
    }
    const auto same = [&rule](const oci::SeccompRule& r) { return r.names == rule.names; };
    if (std::any_of(profile.syscalls.begin(), profile.syscalls.end(), same)) continue;
    if (oracle.add(rule.names.front(), tests) == 0) profile.syscalls.push_back(std::move(rule));
  }
  return profile;
}

seccomp_data random_call(Dice& dice, const oci::SeccompProfile& profile) {
  struct Target {
    std::uint32_t audit_arch, token;
  };
  static constexpr Target targets[] = {{AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64},
                                       {AUDIT_ARCH_I386, SCMP_ARCH_X86},
                                       {AUDIT_ARCH_X86_64, SCMP_ARCH_X32}};
  const Target& target = dice.one_of(targets);
  static constexpr int odd_numbers[] = {-1, 0x40000000, 102, 117, 359, 500, 9999, 0x3fffffff};
  int number = dice.one_of(odd_numbers);
  if (dice.below(4)) {
    const auto& rule = profile.syscalls[dice.below(profile.syscalls.size())];
    number = seccomp_syscall_resolve_name_rewrite(target.token, rule.names.front().c_str());
  }
  seccomp_data data = {};
  data.nr = number;
  data.arch = dice.below(20) ? target.audit_arch : AUDIT_ARCH_ARM;
  for (auto& argument : data.args) argument = dice.one_of(values);
  // What the kernel gives for a call of i386, and the selectors of socketcall and ipc.
  if (target.token == SCMP_ARCH_X86)
    for (auto& argument : data.args)
      argument = dice.below(3) ? argument & 0xffffffff : dice.below(25);
  return data;
}

void compare(bool all_abis) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Dice dice(seed);
    Oracle oracle(all_abis);
    oci::SeccompProfile profile = random_rules(dice, oracle, 8);
    if (profile.syscalls.empty()) continue;
    if (all_abis) profile.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    const auto theirs = oracle.program();
    const auto ours = compile_seccomp_program(profile).bytes;
    for (int count = 0; count < 500; ++count) {
      const seccomp_data data = random_call(dice, profile);
      const auto answer = run_filter(ours, data);
      REQUIRE(answer);
      const auto expected = run_filter(theirs, data);
      REQUIRE(expected);
      if (answer == expected) continue;
      CAPTURE(seed);
      std::string text;
      for (const oci::SeccompRule& rule : profile.syscalls) {
        text += '\n' + rule.names.front();
        for (const oci::SeccompArgument& a : rule.args)
          text += fmt::format(" {}{}{:x},{:x}", a.index, a.op, a.value, a.value_two);
      }
      CAPTURE(text);
      CAPTURE(data.nr);
      CAPTURE(data.arch);
      CAPTURE(data.args[0]);
      CAPTURE(data.args[1]);
      CAPTURE(data.args[2]);
      REQUIRE(*answer == *expected);
    }
  }
}

}  // namespace

TEST_CASE("our programs answer as libseccomp's of the same rules") { compare(false); }
TEST_CASE("our programs answer as libseccomp's, by all ABIs of the machine") { compare(true); }
#endif
