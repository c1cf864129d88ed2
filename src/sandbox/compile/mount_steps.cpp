#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {

Slot Compiler::make_fs(std::vector<Step>& steps, const std::string& type,
                       const std::vector<std::string>& options, std::uint64_t attributes,
                       const std::string& target) {
  const Slot slot = new_slot();
  steps.push_back(
      {.op = Op::make_fs,
       .make_fs = {plan.text(type), plan.list(options), attributes, slot, plan.text(target)}});
  return slot;
}

void Compiler::mount_into(Slot slot, const std::string& target, bool follow) {
  plan.inside.push_back({.op = Op::mount_into, .mount_into = {slot, plan.text(target), follow}});
}

void Compiler::mount_fs(Slot slot, const std::string& target, bool follow) {
  const auto parent = own_dirs.find(target.substr(0, target.rfind('/')));
  if (parent == own_dirs.end()) return mount_into(slot, target, follow);
  plan.inside.push_back(
      {.op = Op::mount_below, .mount_below = {slot, parent->second, plan.text(target)}});
}

Place Compiler::place_of(const std::string& path) {
  for (std::size_t end = path.rfind('/'); end != path.npos && end > 0;
       end = path.rfind('/', end - 1))
    if (const auto found = mounted.find(path.substr(0, end)); found != mounted.end())
      return {plan.text(path), found->second.slot, static_cast<std::uint32_t>(end)};
  return {plan.text(path), root_slot, 0};
}

void Compiler::set_attributes(std::vector<Step>& steps, Slot slot, const std::string& target,
                              AttributeChange change, bool recursive) {
  if (!change.any()) return;
  steps.push_back(
      {.op = Op::set_mount_flags,
       .set_mount_flags = {slot, change.set, change.clear, plan.text(target), recursive}});
}

void Compiler::set_propagation(Slot slot, const std::string& target, std::uint64_t type,
                               bool recursive) {
  plan.inside.push_back(
      {.op = Op::set_propagation, .set_propagation = {slot, type, plan.text(target), recursive}});
}

}  // namespace containerlib::sandbox
