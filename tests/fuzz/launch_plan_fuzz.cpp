// A plan as its runner reads it.
#include "fuzz/fuzz.hpp"
#include "fuzz/patched.hpp"
#include "fuzz/sample_plan.hpp"
#include "sandbox/execute/execute.hpp"

using namespace containerlib::sandbox;

namespace {

/// Back to the form in which the host has it.
LaunchPlan plan_of(const PlanView& view) {
  LaunchPlan plan;
  plan.header = *view.header;
  plan.before.assign(view.before(), view.after());
  plan.after.assign(view.after(), view.inside());
  plan.inside.assign(view.inside(), view.inside() + view.header->inside);
  plan.text({view.text, view.header->text_size});
  return plan;
}

void read(const std::string& bytes) {
  PlanView view;
  if (!valid(bytes.data(), bytes.size(), view)) return;
  const LaunchPlan plan = plan_of(view);
  (void)print(plan);
  for (std::uint32_t step = 0; plan.find(step); ++step) (void)name_of(plan, step);
  for (std::uint32_t i = 0; i < view.header->joins; ++i)
    fuzz::require(view.header->join[i].slot < slot_count, "a slot is one");
}

}  // namespace

void fuzz::one(std::string_view input) {
  static const std::string good = sample_plan().bytes();
  PlanView view;
  require(valid(good.data(), good.size(), view), "a plan is valid");
  read(patched(good, input));
  read(std::string(input));
}
