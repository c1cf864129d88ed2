#include "sandbox/seccomp/compile.hpp"

#include <cstring>
#include <map>

#include "base/error.hpp"
#include "sandbox/seccomp/bpf.hpp"
#include "sandbox/seccomp/profile.hpp"

namespace containerlib::sandbox {
namespace {

using Policies = std::map<std::uint32_t, SeccompPolicy>;

void apply(Policies& policies, int number, SeccompPolicy policy) {
  if (number != absent_syscall) policies[static_cast<std::uint32_t>(number)] = std::move(policy);
}

void apply_profile(Policies& policies, const std::vector<std::string>& capabilities,
                   Architecture architecture) {
  for (SyscallPolicy& call : default_profile(capabilities)) {
    const std::optional<int> number = syscall_number(call.name, architecture);
    if (!number)
      throw_error(Errc::unsupported, "compile seccomp profile", std::string(call.name),
                  "unknown system call");
    apply(policies, *number, std::move(call.policy));
  }
}

void apply_rule(Policies& policies, const Seccomp::Rule& rule, Architecture architecture) {
  constexpr int largest_errno = 4095;  // MAX_ERRNO; the kernel cuts greater ones to it
  const std::optional<int> number = syscall_number(rule.call, architecture);
  if (!number)
    throw_error(Errc::invalid_option, "compile seccomp rule", rule.call, "unknown system call");
  if (rule.errnum < 0 || rule.errnum > largest_errno)
    throw_error(Errc::invalid_option, "compile seccomp rule", rule.call,
                "errno must be from 0 to 4095");
  apply(policies, *number, {{.answer = seccomp_errno(rule.errnum)}});
}

}  // namespace

std::vector<std::uint8_t> compile_seccomp(const SeccompRequest& request,
                                          Architecture architecture) {
  Policies policies;
  apply_profile(policies, request.capabilities, architecture);
  for (const Seccomp::Rule& rule : request.rules) apply_rule(policies, rule, architecture);
  const std::vector<BpfInstruction> program =
      assemble_seccomp(policies, {.newest = newest_syscall}, architecture);
  std::vector<std::uint8_t> bytes(program.size() * sizeof(BpfInstruction));
  std::memcpy(bytes.data(), program.data(), bytes.size());
  return bytes;
}

}  // namespace containerlib::sandbox
