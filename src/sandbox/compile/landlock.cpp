#include "linux/landlock.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "sandbox/compile/process.hpp"

namespace containerlib::sandbox {
namespace {

void require(const Rights& rights, int abi, const char* linux, const char* field) {
  if (rights.facts.landlock_abi >= abi) return;
  throw_error(Errc::unsupported, "compile", field,
              fmt::format("it takes version {} of Landlock (Linux {}); {}", abi, linux,
                          rights.facts.landlock_abi
                              ? fmt::format("this kernel has {}", rights.facts.landlock_abi)
                              : rights.facts.landlock_reason));
}

std::uint64_t access_of(const oci::LandlockPath& entry) {
  using namespace sys;
  std::uint64_t access = landlock_read_file | landlock_read_dir;
  if (entry.executable) access |= landlock_execute;
  if (entry.writable) access |= landlock_all_files & ~landlock_execute;
  return access;
}

void allow_ports(LaunchPlan& plan, const std::optional<std::vector<std::uint16_t>>& ports,
                 std::uint64_t access) {
  if (!ports) return;
  for (const std::uint16_t port : *ports)
    plan.inside.push_back({.op = Op::allow_port, .allow_port = {port, access}});
}

}  // namespace

void add_landlock(LaunchPlan& plan, const oci::Landlock& landlock, const Rights& rights) {
  MakeLandlock rules{};
  if (!landlock.paths.empty()) {
    // The one before does not know of truncate(2), which would be possible everywhere.
    require(rights, 3, "6.2", "landlock.paths");
    rules.files = sys::landlock_files(rights.facts.landlock_abi);
  }
  if (landlock.tcp_bind) rules.ports |= sys::landlock_bind_tcp;
  if (landlock.tcp_connect) rules.ports |= sys::landlock_connect_tcp;
  if (landlock.scope_abstract_sockets) rules.scopes |= sys::landlock_scope_abstract_sockets;
  if (landlock.scope_signals) rules.scopes |= sys::landlock_scope_signals;
  if (rules.ports)
    require(rights, 4, "6.7", landlock.tcp_bind ? "landlock.tcp_bind" : "landlock.tcp_connect");
  if (rules.scopes)
    require(rights, 6, "6.12",
            landlock.scope_signals ? "landlock.scope_signals" : "landlock.scope_abstract_sockets");
  if (!(rules.files | rules.ports | rules.scopes)) return;

  plan.inside.push_back({.op = Op::make_landlock, .make_landlock = rules});
  for (const oci::LandlockPath& entry : landlock.paths)
    plan.inside.push_back(
        {.op = Op::allow_path,
         .allow_path = {plan.text(entry.path), access_of(entry) & rules.files, entry.optional}});
  allow_ports(plan, landlock.tcp_bind, sys::landlock_bind_tcp);
  allow_ports(plan, landlock.tcp_connect, sys::landlock_connect_tcp);
  plan.inside.push_back(plain_step(Op::enter_landlock));
}

}  // namespace containerlib::sandbox
