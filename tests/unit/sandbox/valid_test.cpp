#include <doctest/doctest.h>

#include <functional>

#include "sandbox/execute/execute.hpp"
#include "sandbox/plan.hpp"

using namespace containerlib::sandbox;

namespace {

bool is_valid(const LaunchPlan& plan) {
  const std::string bytes = plan.bytes();
  PlanView view;
  return valid(bytes.data(), bytes.size(), view);
}

LaunchPlan good_plan() {
  LaunchPlan plan;
  const Text path = plan.text("/a/path");
  plan.before.push_back({.op = Op::make_cgroup, .make_cgroup = {path, true}});
  plan.after.push_back(
      {.op = Op::idmap_tree, .idmap_tree = {path, slot_count - 1, no_slot, false}});
  plan.inside.push_back({.op = Op::change_dir, .change_dir = {path}});
  plan.inside.push_back(plain_step(Op::pivot));
  return plan;
}

/// Whether the plan is still valid when this was done to it.
bool valid_after(const std::function<void(LaunchPlan&)>& change) {
  LaunchPlan plan = good_plan();
  change(plan);
  return is_valid(plan);
}

}  // namespace

TEST_CASE("a plan is valid as it was made, and in no part of it") {
  REQUIRE(is_valid(good_plan()));
  const std::string bytes = good_plan().bytes();
  PlanView view;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(valid(bytes.data(), size, view));
}

TEST_CASE("a plan whose steps refer to texts that are not in it is refused") {
  // Found by fuzzing: only the header was looked at.
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.inside[0].change_dir.path.offset = 8000; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.inside[0].change_dir.path.size = 8; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.inside[0].change_dir.path.size = ~0u; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.inside[0].change_dir.path.offset = 1; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.before[0].make_cgroup.path.offset = ~7u; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.header.cgroup = {8000, 1}; }));
}

TEST_CASE("a plan whose steps refer to slots that there are not is refused") {
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.after[0].idmap_tree.tree = slot_count; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.after[0].idmap_tree.tree = no_slot; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.header.join[0] = {0, slot_count}; }));
  CHECK_FALSE(valid_after([](LaunchPlan& plan) { plan.header.joins = 9; }));
}

TEST_CASE("a plan for a time namespace whose clocks are not set needs no procfs") {
  // Found by fuzzing: such a bundle was refused.
  const auto sets_clocks = [](const char* offsets) {
    LaunchPlan plan = good_plan();
    plan.inside.push_back({.op = Op::time_offsets, .time_offsets = {no_slot, plan.text(offsets)}});
    return is_valid(plan);
  };
  CHECK(sets_clocks(""));
  CHECK_FALSE(sets_clocks("monotonic 1 0"));
}
