#include "sandbox/seccomp/syscalls.hpp"

#include <seccomp.h>

#include <iterator>
#include <string>

namespace containerlib::sandbox {
namespace {

struct NewCall {
  std::string_view name;
  int number;
};

// System calls younger than the libseccomp of the oldest supported distribution (2.5.4).
// Source: scripts/syscall.tbl of Linux 6.18.
constexpr NewCall new_calls[] = {
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469},
};
static_assert(std::end(new_calls)[-1].number == newest_syscall);
constexpr NewCall new_x86_calls[] = {{"uretprobe", 335}, {"uprobe", 336}};

std::uint32_t libseccomp_token(Architecture architecture) {
  return architecture == Architecture::x86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
}

}  // namespace

Architecture native_architecture() {
#if defined(__x86_64__) && defined(__LP64__)
  return Architecture::x86_64;
#elif defined(__aarch64__) && defined(__LP64__)
  return Architecture::aarch64;
#else
#error "no system call table for this architecture"
#endif
}

std::optional<Architecture> architecture(std::string_view name) {
  if (name == "x86_64") return Architecture::x86_64;
  if (name == "aarch64") return Architecture::aarch64;
  return std::nullopt;
}

std::optional<int> young_syscall(std::string_view name, bool x86_64) {
  for (const NewCall& call : new_calls)
    if (call.name == name) return call.number;
  for (const NewCall& call : new_x86_calls)
    if (call.name == name) return x86_64 ? call.number : absent_syscall;
  return std::nullopt;
}

std::optional<int> syscall_number(std::string_view name, Architecture architecture) {
  if (const auto number = young_syscall(name, architecture == Architecture::x86_64)) return number;
  const int number =
      seccomp_syscall_resolve_name_arch(libseccomp_token(architecture), std::string(name).c_str());
  if (number == __NR_SCMP_ERROR) return std::nullopt;
  // libseccomp gives a call that this architecture lacks a negative number of its own.
  return number < 0 ? absent_syscall : number;
}

}  // namespace containerlib::sandbox
