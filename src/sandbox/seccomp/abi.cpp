#include "sandbox/seccomp/abi.hpp"

#include <linux/audit.h>
#include <seccomp.h>

#include <algorithm>
#include <iterator>

namespace containerlib::sandbox {
namespace {

constexpr std::uint32_t x32_bit = 0x40000000;  // __X32_SYSCALL_BIT

constexpr Abi x86_abis[] = {
    {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0, x32_bit, true},
    {"SCMP_ARCH_X86", AUDIT_ARCH_I386, SCMP_ARCH_X86, 0, 0, false},
    {"SCMP_ARCH_X32", AUDIT_ARCH_X86_64, SCMP_ARCH_X32, x32_bit, 0, false}};
constexpr Abi arm_abis[] = {
    {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, 0, 0, true},
    {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM, SCMP_ARCH_ARM, 0, 0, false}};

// arch/x86/entry/syscalls/syscall_32.tbl
constexpr std::uint32_t socketcall = 102, ipc = 117;

struct Multiplexed {
  std::string_view name;
  std::uint32_t call, selector;  // linux/net.h SYS_*, linux/ipc.h
  std::uint32_t own;             // 0: none
};
constexpr Multiplexed multiplexed[] = {{"socket", socketcall, 1, 359},
                                       {"bind", socketcall, 2, 361},
                                       {"connect", socketcall, 3, 362},
                                       {"listen", socketcall, 4, 363},
                                       {"accept", socketcall, 5, 0},
                                       {"getsockname", socketcall, 6, 367},
                                       {"getpeername", socketcall, 7, 368},
                                       {"socketpair", socketcall, 8, 360},
                                       {"send", socketcall, 9, 0},
                                       {"recv", socketcall, 10, 0},
                                       {"sendto", socketcall, 11, 369},
                                       {"recvfrom", socketcall, 12, 371},
                                       {"shutdown", socketcall, 13, 373},
                                       {"setsockopt", socketcall, 14, 366},
                                       {"getsockopt", socketcall, 15, 365},
                                       {"sendmsg", socketcall, 16, 370},
                                       {"recvmsg", socketcall, 17, 372},
                                       {"accept4", socketcall, 18, 364},
                                       {"recvmmsg", socketcall, 19, 337},
                                       {"sendmmsg", socketcall, 20, 345},
                                       {"semop", ipc, 1, 0},
                                       {"semget", ipc, 2, 393},
                                       {"semctl", ipc, 3, 394},
                                       {"semtimedop", ipc, 4, 0},
                                       {"msgsnd", ipc, 11, 400},
                                       {"msgrcv", ipc, 12, 401},
                                       {"msgget", ipc, 13, 399},
                                       {"msgctl", ipc, 14, 402},
                                       {"shmat", ipc, 21, 397},
                                       {"shmdt", ipc, 22, 398},
                                       {"shmget", ipc, 23, 395},
                                       {"shmctl", ipc, 24, 396}};

std::optional<std::vector<CallNumber>> multiplexed_numbers(const std::string& name) {
  const auto found = std::find_if(std::begin(multiplexed), std::end(multiplexed),
                                  [&name](const Multiplexed& call) { return call.name == name; });
  if (found == std::end(multiplexed)) return std::nullopt;
  std::vector<CallNumber> numbers = {{found->call, found->selector}};
  if (found->own) numbers.push_back({found->own});
  return numbers;
}

}  // namespace

std::span<const Abi> machine_abis(Architecture architecture) {
  if (architecture == Architecture::x86_64) return x86_abis;
  return arm_abis;
}

std::optional<std::vector<CallNumber>> call_numbers(const std::string& name, const Abi& abi) {
  if (abi.audit_arch == AUDIT_ARCH_I386)
    if (auto numbers = multiplexed_numbers(name)) return numbers;
  if (const std::optional<int> number = young_syscall(name, abi.token == SCMP_ARCH_X86_64)) {
    if (*number == absent_syscall) return std::vector<CallNumber>{};
    return std::vector<CallNumber>{{static_cast<std::uint32_t>(*number) | abi.number_bit}};
  }
  const int number = seccomp_syscall_resolve_name_arch(abi.token, name.c_str());
  if (number == __NR_SCMP_ERROR) return std::nullopt;
  if (number < 0) return std::vector<CallNumber>{};
  return std::vector<CallNumber>{{static_cast<std::uint32_t>(number) | abi.number_bit}};
}

}  // namespace containerlib::sandbox
