#include "bundle/hooks.hpp"

#include "base/error.hpp"
#include "sandbox/compile_hooks.hpp"
#include "sandbox/execute_outside.hpp"
#include "sandbox/failure.hpp"

namespace containerlib::bundle {

void run_hooks(const std::vector<oci::Hook>& hooks, const char* kind,
               const oci::RuntimeState& state) {
  if (hooks.empty()) return;
  const sandbox::LaunchPlan plan =
      sandbox::compile_hooks(hooks, kind, oci::to_json(state), state.bundle);
  const std::string bytes = plan.bytes();
  sandbox::PlanView view;
  if (!sandbox::valid(bytes.data(), bytes.size(), view))
    throw_error(Errc::invalid_option, "run hooks", kind, "they are too long");
  sandbox::Launch launch(view);
  const sandbox::Failure failure = sandbox::execute_after(launch, state.pid);
  if (failure.errnum) sandbox::throw_failure(plan, failure.step, failure.errnum);
}

}  // namespace containerlib::bundle
