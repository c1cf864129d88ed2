#include "base/broken.hpp"
#include "base/error.hpp"
#include "sandbox/compile/process.hpp"

namespace containerlib::sandbox {
namespace {

void add_label(LaunchPlan& plan, bool apparmor, const std::string& value, const char* field,
               const Rights& rights) {
  if (value.empty()) return;
  if (broken("SEC-03")) return;
  if (!(apparmor ? rights.facts.apparmor : rights.facts.selinux))
    throw_error(
        Errc::unsupported, "compile", field,
        apparmor ? "AppArmor is not enabled on this host" : "SELinux is not enabled on this host");
  plan.inside.push_back(
      {.op = Op::write_label,
       .write_label = {rights.proc, apparmor, plan.text(apparmor ? "exec " + value : value),
                       plan.text(field)}});
}

}  // namespace

bool has_label(const oci::Process& process) {
  return !process.apparmor_profile.empty() || !process.selinux_label.empty();
}

void add_labels(LaunchPlan& plan, const oci::Process& process, const Rights& rights) {
  add_label(plan, true, process.apparmor_profile, "process.apparmorProfile", rights);
  add_label(plan, false, process.selinux_label, "process.selinuxLabel", rights);
}

}  // namespace containerlib::sandbox
