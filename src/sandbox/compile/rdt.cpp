#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {
namespace {

/// In the order that config-linux.md, "IntelRdt", asks for.
std::string schemata_of(const oci::IntelRdt& rdt) {
  std::string out;
  const auto add = [&](const std::string& line) {
    if (!line.empty()) out += line + '\n';
  };
  add(rdt.l3_cache_schema);
  add(rdt.mem_bw_schema);
  for (const std::string& line : rdt.schemata) add(line);
  return out;
}

}  // namespace

std::string rdt_group(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  const std::string name = spec.intel_rdt->clos_id.value_or(spec.id);
  return name == "/" ? facts.resctrl : facts.resctrl + '/' + name;
}

void Compiler::rdt() {
  if (!spec.intel_rdt) return;
  if (facts.resctrl.empty())
    throw_error(Errc::unsupported, "compile", "linux.intelRdt",
                "no resctrl file system is mounted at /sys/fs/resctrl");
  const oci::IntelRdt& rdt = *spec.intel_rdt;
  const std::string group = rdt_group(spec, facts), schemata = schemata_of(rdt);
  const bool existing = rdt.clos_id && schemata.empty();
  plan.after.push_back({.op = Op::make_rdt_group,
                        .make_rdt_group = {plan.text(group), plan.text(schemata), existing}});
  plan.after.push_back({.op = Op::join_cgroup, .join_cgroup = {plan.text(group + "/tasks")}});
  if (!rdt.enable_monitoring) return;
  const std::string monitor = group + "/mon_groups/" + spec.id;
  plan.after.push_back(
      {.op = Op::make_monitor_group, .make_rdt_group = {plan.text(monitor), plan.text(""), false}});
  plan.after.push_back({.op = Op::join_cgroup, .join_cgroup = {plan.text(monitor + "/tasks")}});
}

std::vector<std::string> rdt_leftovers(const oci::RuntimeSpec& spec, const sys::HostFacts& facts) {
  std::vector<std::string> out;
  if (!spec.intel_rdt || facts.resctrl.empty()) return out;
  const std::string group = rdt_group(spec, facts);
  if (spec.intel_rdt->enable_monitoring) out.push_back(group + "/mon_groups/" + spec.id);
  if (!spec.intel_rdt->clos_id) out.push_back(group);
  return out;
}

}  // namespace containerlib::sandbox
