#include "sandbox/seccomp/words.hpp"

#include <linux/seccomp.h>

#include <cerrno>
#include <string_view>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

struct Action {
  std::string_view name;
  std::uint32_t answer, largest_data;  // 0: it has none
};
constexpr std::uint32_t max_errno = 4095;  // MAX_ERRNO; the kernel cuts greater ones to it
constexpr Action actions[] = {{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, 0},
                              {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, 0},
                              {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, 0},
                              {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, 0},
                              {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, max_errno},
                              {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, SECCOMP_RET_DATA},
                              {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, 0},
                              {"SCMP_ACT_LOG", SECCOMP_RET_LOG, 0},
                              {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, 0}};

struct Operator {
  std::string_view name;
  Comparison comparison;
};
constexpr Operator operators[] = {{"SCMP_CMP_NE", Comparison::ne}, {"SCMP_CMP_LT", Comparison::lt},
                                  {"SCMP_CMP_LE", Comparison::le}, {"SCMP_CMP_EQ", Comparison::eq},
                                  {"SCMP_CMP_GE", Comparison::ge}, {"SCMP_CMP_GT", Comparison::gt}};

[[noreturn]] void wrong(const std::string& field, std::string reason) {
  throw_error(Errc::invalid_option, "compile seccomp profile", field, std::move(reason));
}

}  // namespace

std::uint32_t seccomp_answer(const std::string& name, std::optional<std::uint32_t> errno_ret,
                             const std::string& field) {
  for (const Action& action : actions) {
    if (action.name != name) continue;
    if (errno_ret && *errno_ret > action.largest_data)
      wrong(field, action.largest_data
                       ? "the errno must be from 0 to " + std::to_string(action.largest_data)
                       : name + " has no errno");
    if (errno_ret && !action.largest_data) wrong(field, name + " has no errno");
    return action.answer | (action.largest_data ? errno_ret.value_or(EPERM) : 0);
  }
  wrong(field, "unknown action " + printable(name));
}

ArgumentTest argument_test(const oci::SeccompArgument& argument) {
  const std::string field = "linux.seccomp.syscalls.args";
  if (argument.index > 5) wrong(field, "the index must be from 0 to 5");
  const auto index = static_cast<std::uint8_t>(argument.index);
  // seccomp_rule_add(3): the first datum is the mask, the second the value, of which only the bits
  // of the mask count.
  if (argument.op == "SCMP_CMP_MASKED_EQ")
    return {index, Comparison::eq, argument.value & argument.value_two, argument.value};
  for (const Operator& op : operators)
    if (op.name == argument.op) return {index, op.comparison, argument.value};
  wrong(field, "unknown operator " + printable(argument.op));
}

}  // namespace containerlib::sandbox
