#include "sandbox/seccomp/bpf.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "base/error.hpp"
#include "seccomp_interpreter.hpp"

using namespace containerlib;
using namespace containerlib::sandbox;

namespace {

constexpr auto arch = Architecture::x86_64;

constexpr auto refused = seccomp_errno;
constexpr SeccompDefaults defaults = {.newest = 2000};

std::optional<std::uint32_t> ask(const std::vector<BpfInstruction>& program, std::uint32_t number,
                                 std::uint64_t argument = 0,
                                 std::uint32_t audit_arch = static_cast<std::uint32_t>(arch)) {
  seccomp_data data = {};
  data.nr = static_cast<int>(number);
  data.arch = audit_arch;
  data.args[1] = argument;
  return run_filter({reinterpret_cast<const std::uint8_t*>(program.data()), program.size() * 8},
                    data);
}

}  // namespace

TEST_CASE("a program without policies refuses all known calls, and lacks younger ones") {
  const auto program = assemble_seccomp({}, defaults, arch);
  for (const std::uint32_t number : {0u, 1u, 1000u, 2000u})
    CHECK(ask(program, number) == refused(EPERM));
  for (const std::uint32_t number : {2001u, 0x40000000u, 0xffffffffu})
    CHECK(ask(program, number) == refused(ENOSYS));
}

TEST_CASE("every call number gets its own policy, gaps and ends are refused") {
  std::map<std::uint32_t, SeccompPolicy> policies;
  for (std::uint32_t number = 3; number < 900; number += 1 + number % 3)
    policies[number] = {{.answer = refused(static_cast<int>(number % 5))}};
  const auto program = assemble_seccomp(policies, defaults, arch);
  for (std::uint32_t number = 0; number < 1000; ++number) {
    const auto found = policies.find(number);
    CAPTURE(number);
    CHECK(ask(program, number) ==
          (found == policies.end() ? refused(EPERM) : found->second[0].answer));
  }
}

TEST_CASE("the first clause whose condition holds answers, by the low half of the argument") {
  const SeccompPolicy policy = {
      {.conditional = true,
       .argument = 1,
       .mask = 0xffffffff,
       .value = 7,
       .answer = refused(EPERM)},
      {.conditional = true, .argument = 1, .mask = 0x10, .value = 0x10, .answer = refused(EINVAL)},
      {.answer = SECCOMP_RET_ALLOW}};
  const auto program = assemble_seccomp({{5, policy}}, defaults, arch);
  CHECK(ask(program, 5, 7) == refused(EPERM));
  CHECK(ask(program, 5, 0xffffffff00000007) == refused(EPERM));
  CHECK(ask(program, 5, 0x17) == refused(EINVAL));
  CHECK(ask(program, 5, 0x10) == refused(EINVAL));
  CHECK(ask(program, 5, 8) == SECCOMP_RET_ALLOW);
}

TEST_CASE("jumps over more than 255 instructions arrive") {
  std::map<std::uint32_t, SeccompPolicy> policies;
  for (std::uint32_t number = 0; number < 400; ++number)
    policies[number] = {{.conditional = true,
                         .argument = 1,
                         .mask = 0xffffffff,
                         .value = number,
                         .answer = refused(static_cast<int>(1 + number))},
                        {.answer = SECCOMP_RET_ALLOW}};
  const auto program = assemble_seccomp(policies, defaults, arch);
  CHECK(program.size() > 1600);
  for (std::uint32_t number = 0; number < 400; ++number) {
    CHECK(ask(program, number, number) == refused(static_cast<int>(1 + number)));
    CHECK(ask(program, number, number + 1) == SECCOMP_RET_ALLOW);
  }
}

TEST_CASE("calls by another ABI get ENOSYS") {
  const auto program = assemble_seccomp(
      {{0, {{.answer = SECCOMP_RET_ALLOW}}}, {1, {{.answer = SECCOMP_RET_ALLOW}}}}, defaults, arch);
  CHECK(ask(program, 1) == SECCOMP_RET_ALLOW);
  CHECK(ask(program, 1, 0, 0x40000003) == refused(ENOSYS));  // i386
  CHECK(ask(program, 0x40000001) == refused(ENOSYS));        // x32
}

TEST_CASE("a program the kernel would not take is refused") {
  std::map<std::uint32_t, SeccompPolicy> policies;
  for (std::uint32_t number = 0; number < 4096; ++number)
    policies[number] = {{.answer = refused(static_cast<int>(1 + number % 2))}};
  CHECK_THROWS_AS(assemble_seccomp(policies, defaults, arch), Error);
}
