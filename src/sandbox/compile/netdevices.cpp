#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {

void Compiler::netdevices() {
  if (spec.net_devices.empty()) return;
  if (!find_namespace("network"))
    throw_error(Errc::invalid_option, "compile", "linux.netDevices",
                "without a network namespace they are where they are");
  for (const auto& [name, new_name] : spec.net_devices)
    plan.after.push_back(
        {.op = Op::move_netdevice,
         .move_netdevice = {plan.text(name), plan.text(new_name.empty() ? name : new_name)}});
}

}  // namespace containerlib::sandbox
