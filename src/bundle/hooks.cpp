#include "bundle/hooks.hpp"

#include "base/error.hpp"
#include "sandbox/compile/hooks.hpp"
#include "sandbox/execute/outside.hpp"
#include "sandbox/failure.hpp"

namespace containerlib::bundle {
namespace {

void run_hook(const oci::Hook& hook, const std::string& field, const oci::RuntimeState& state) {
  const sandbox::LaunchPlan plan =
      sandbox::compile_hook(hook, field, oci::to_json(state), state.bundle);
  const std::string bytes = plan.bytes();
  sandbox::PlanView view;
  if (!sandbox::valid(bytes.data(), bytes.size(), view))
    throw_error(Errc::invalid_option, "run hook", field, "it is too long");
  sandbox::Launch launch(view);
  const sandbox::Failure failure = sandbox::execute_after(launch, state.pid);
  if (failure.errnum) sandbox::throw_failure(plan, failure.step, failure.errnum);
}

std::string field_of(const std::string& kind, std::size_t index) {
  return "hooks." + kind + '[' + std::to_string(index) + ']';
}

}  // namespace

void run_hooks(const std::vector<oci::Hook>& hooks, const std::string& kind,
               const oci::RuntimeState& state) {
  for (std::size_t i = 0; i < hooks.size(); ++i) run_hook(hooks[i], field_of(kind, i), state);
}

void run_all_hooks(const std::vector<oci::Hook>& hooks, const std::string& kind,
                   const oci::RuntimeState& state,
                   const std::function<void(const std::string&)>& warn) {
  for (std::size_t i = 0; i < hooks.size(); ++i) try {
      run_hook(hooks[i], field_of(kind, i), state);
    } catch (const Error& error) {
      warn(error.what());
    }
}

}  // namespace containerlib::bundle
