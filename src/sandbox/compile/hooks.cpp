#include "sandbox/compile/hooks.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "oci/runtime_state.hpp"
#include "sandbox/compile/compiler.hpp"

namespace containerlib::sandbox {
namespace {

/// The container's state, with room for the process's id.
struct State {
  std::string head, tail;
};

State state_of(const oci::RuntimeSpec& spec, const std::string& bundle, const char* status) {
  const std::string text = oci::to_json({.oci_version = spec.oci_version,
                                         .id = spec.id,
                                         .status = status,
                                         .pid = 1,
                                         .bundle = bundle,
                                         .annotations = spec.annotations});
  // No text before it can hold this: in JSON its quotes would be escaped.
  constexpr std::string_view pid = "\"pid\":";
  const std::size_t number = text.find(pid) + pid.size();
  return {text.substr(0, number), text.substr(text.find(',', number))};
}

void add_hook(LaunchPlan& plan, std::vector<Step>& to, const oci::Hook& hook,
              const std::string& field, const State& state, const std::string& dir) {
  if (hook.path.empty() || hook.path.front() != '/')
    throw_error(Errc::invalid_option, "compile", field + ".path", "must be absolute");
  if (hook.timeout && *hook.timeout <= 0)
    throw_error(Errc::invalid_option, "compile", field + ".timeout", "must be greater than 0");
  const auto args = hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
  to.push_back({.op = Op::run_hook,
                .run_hook = {plan.text(hook.path), plan.list(args), plan.list(hook.env),
                             plan.text(dir), plan.text(state.head), plan.text(state.tail),
                             plan.text(field), hook.timeout.value_or(0)}});
}

/// One kind of hooks on their way into a plan.
struct HookKind {
  const char* name;
  const std::vector<oci::Hook>& hooks;
  State state;
  std::string dir;  ///< empty: where the process is
};

void add_hooks(LaunchPlan& plan, std::vector<Step>& to, const HookKind& kind) {
  for (std::size_t i = 0; i < kind.hooks.size(); ++i)
    add_hook(plan, to, kind.hooks[i], fmt::format("hooks.{}[{}]", kind.name, i), kind.state,
             kind.dir);
}

}  // namespace

LaunchPlan compile_hook(const oci::Hook& hook, const std::string& field, std::string_view state,
                        const std::string& dir) {
  LaunchPlan plan;
  add_hook(plan, plan.after, hook, field, {std::string(state), ""}, dir);
  return plan;
}

bool Compiler::hooks_see_root() const {
  const oci::Hooks& h = spec.hooks;
  return !(h.prestart.empty() && h.create_runtime.empty() && h.create_container.empty());
}

void Compiler::create_hooks() {
  if (!bundle || !hooks_see_root()) return;
  const State state = state_of(spec, bundle->bundle, "creating");
  if (!spec.hooks.prestart.empty() || !spec.hooks.create_runtime.empty()) {
    // The process has waited for its cgroups until here, and waits again for the hooks.
    plan.after.push_back(plain_step(Op::release));
    plan.after.push_back(plain_step(Op::expect));
    plan.inside.push_back(plain_step(Op::announce));
    plan.inside.push_back(plain_step(Op::await));
  }
  add_hooks(plan, plan.after, {"prestart", spec.hooks.prestart, state, bundle->bundle});
  add_hooks(plan, plan.after, {"createRuntime", spec.hooks.create_runtime, state, bundle->bundle});
  add_hooks(plan, plan.inside,
            {"createContainer", spec.hooks.create_container, state, bundle->bundle});
}

void Compiler::start_hooks() {
  if (!bundle) return;
  const State state = state_of(spec, bundle->bundle, "created");
  add_hooks(plan, plan.inside, {"startContainer", spec.hooks.start_container, state, ""});
}

}  // namespace containerlib::sandbox
