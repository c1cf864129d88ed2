#include <sys/resource.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "sandbox/capabilities.hpp"
#include "sandbox/compiler.hpp"

namespace containerlib::sandbox {
namespace {

struct RlimitName {
  const char* name;
  int number;
};
constexpr RlimitName rlimit_names[] = {{"RLIMIT_AS", RLIMIT_AS},
                                       {"RLIMIT_CORE", RLIMIT_CORE},
                                       {"RLIMIT_CPU", RLIMIT_CPU},
                                       {"RLIMIT_DATA", RLIMIT_DATA},
                                       {"RLIMIT_FSIZE", RLIMIT_FSIZE},
                                       {"RLIMIT_LOCKS", RLIMIT_LOCKS},
                                       {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
                                       {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
                                       {"RLIMIT_NICE", RLIMIT_NICE},
                                       {"RLIMIT_NOFILE", RLIMIT_NOFILE},
                                       {"RLIMIT_NPROC", RLIMIT_NPROC},
                                       {"RLIMIT_RSS", RLIMIT_RSS},
                                       {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
                                       {"RLIMIT_RTTIME", RLIMIT_RTTIME},
                                       {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
                                       {"RLIMIT_STACK", RLIMIT_STACK}};

int rlimit_number(const std::string& name) {
  auto it = std::find_if(std::begin(rlimit_names), std::end(rlimit_names),
                         [&](const RlimitName& r) { return name == r.name; });
  if (it == std::end(rlimit_names))
    throw_error(Errc::invalid_option, "compile", "rlimit " + name, "unknown resource");
  return it->number;
}

std::string bytes_of(const std::vector<std::uint32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof numbers[0]};
}

}  // namespace

void compile_process(LaunchPlan& plan, const oci::Process& process, const oci::Seccomp& seccomp,
                     Groups groups) {
  auto& steps = plan.inside;
  steps.push_back({.op = Op::set_umask, .set_umask = {process.user.umask.value_or(022)}});
  steps.push_back({.op = Op::change_dir, .change_dir = {plan.text(process.cwd)}});
  // As late as may be: until it executes, this process has more descriptors than a small limit
  // allows. Raising a limit wants the capabilities that go next.
  steps.push_back(plain_step(Op::restore_limits));
  for (const oci::Rlimit& r : process.rlimits)
    steps.push_back({.op = Op::set_rlimit, .set_rlimit = {rlimit_number(r.type), r.soft, r.hard}});

  const std::string_view program(reinterpret_cast<const char*>(seccomp.program.data()),
                                 seccomp.program.size());
  const auto load_seccomp = [&] {
    if (!program.empty())
      steps.push_back({.op = Op::load_seccomp, .load_seccomp = {plan.text(program)}});
  };
  // seccomp(2): a filter needs no_new_privs or CAP_SYS_ADMIN. With the first it is the last step.
  if (process.no_new_privileges) {
    steps.push_back(plain_step(Op::no_new_privileges));
  } else {
    load_seccomp();
  }
  const std::uint64_t bounding = capability_mask(process.capabilities.bounding);
  steps.push_back({.op = Op::drop_bounding, .drop_bounding = {bounding}});
  if (groups.may_be_set)
    steps.push_back(
        {.op = Op::set_groups,
         .set_groups = {plan.text(bytes_of(process.user.additional_gids)), groups.may_be_denied}});
  steps.push_back({.op = Op::set_ids, .set_ids = {process.user.uid, process.user.gid}});
  steps.push_back({.op = Op::set_capabilities,
                   .set_capabilities = {capability_mask(process.capabilities.effective),
                                        capability_mask(process.capabilities.permitted),
                                        capability_mask(process.capabilities.inheritable),
                                        capability_mask(process.capabilities.ambient)}});
  if (process.no_new_privileges) load_seccomp();
  steps.push_back(
      {.op = Op::execute, .execute = {plan.list(process.args), plan.list(process.env)}});
}

}  // namespace containerlib::sandbox
