// A config.json, up to the plan that is made of it.
#include "oci/runtime_spec_json.hpp"

#include "fuzz/fuzz.hpp"
#include "fuzz/sample_plan.hpp"
#include "linux/cgroup_layout.hpp"
#include "sandbox/execute/execute.hpp"

using namespace containerlib;

namespace {

void make_plan(const oci::RuntimeSpec& spec, const sandbox::Root& root,
               const sys::HostFacts& facts) {
  fuzz::accepted([&] {
    const sandbox::LaunchPlan plan = sandbox::compile(spec, root, facts);
    (void)print(plan);
    const std::string bytes = plan.bytes();
    sandbox::PlanView view;
    fuzz::require(sandbox::valid(bytes.data(), bytes.size(), view), "a plan is valid");
  });
}

void make_plans(const oci::RuntimeSpec& spec) {
  sys::HostFacts facts = fuzz::sample_host();
  make_plan(spec, fuzz::sample_bundle, facts);
  make_plan(spec, fuzz::sample_layers, facts);
  facts.cgroups = tests::all_of_v1();
  make_plan(spec, fuzz::sample_bundle, facts);
  facts.rootless = true;
  facts.uid = facts.gid = 1000;
  facts.cgroups = sys::no_cgroups(facts.cgroups);
  make_plan(spec, fuzz::sample_bundle, facts);
}

}  // namespace

void fuzz::one(std::string_view input) {
  std::vector<std::string> warnings;
  oci::RuntimeSpec spec;
  accepted([&] { (void)oci::parse_process(input, "a test"); });
  accepted([&] { (void)oci::parse_resources(input, "a test"); });
  if (!accepted([&] { spec = oci::parse_runtime_spec(input, "a test", &warnings); })) return;
  const std::string text = to_json(spec);
  require(accepted([&] {
            require(to_json(oci::parse_runtime_spec(text, "again")) == text,
                    "a configuration read again is the same");
          }),
          "what is written can be read");
  spec.id = "sample";
  make_plans(spec);
}
