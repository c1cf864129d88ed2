#include <algorithm>

#include "base/error.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/instance.hpp"
#include "runtime/launch.hpp"
#include "runtime/ulimits.hpp"
#include "sandbox/compile.hpp"

// A further process in a running container.
namespace containerlib::runtime {
oci::Process Instance::exec_process(std::vector<std::string> args,
                                    const ExecOptions& options) const {
  const Definition& definition = this->definition();
  const sys::HostFacts& facts = engine_->facts();
  check_args(args);
  const ImageLayers layers = read_layers(*engine_, engine_->store().container_lowers(identity_.id),
                                         directory() + "/upper");
  const sys::ResolvedUser user = sys::resolve_user(
      options.user.empty() ? definition.user : options.user, layers.users, definition.groups);
  IdMaps maps;
  if (facts.rootless) {
    maps = rootless_maps(facts);
  } else if (has_user_namespace(definition.user_namespace, facts)) {
    maps = range_maps(0, sys::lease_size);
  }
  check_user_mapped(user, maps);

  oci::Process out;
  out.terminal = options.tty;
  out.rows = options.terminal_size.rows;
  out.columns = options.terminal_size.columns;
  out.user = {user.uid, user.gid, user.additional_gids, {}};
  out.args = std::move(args);
  out.env = definition.env;
  if (options.tty) merge_env(out.env, {{"TERM", "xterm"}});
  if (!find_env(out.env, "HOME")) out.env.push_back("HOME=" + user.home);
  merge_env(out.env, options.env);
  out.cwd = options.cwd.empty() ? definition.cwd : check_cwd(options.cwd);
  out.capabilities = capabilities_of(bounding_capabilities(definition, facts), user.uid);
  out.rlimits = to_rlimits(definition.ulimits);
  out.no_new_privileges = !definition.new_privileges;
  return out;
}

Command Instance::spawn(std::vector<std::string> args, const ExecOptions& options) {
  const LiveState state = require_running("run command in");
  if (inspect().state == ContainerState::paused)
    throw_error(Errc::not_running, "run command in", identity_.name, "it is paused; resume it");
  const oci::Process process = exec_process(std::move(args), options);
  const sandbox::LaunchPlan plan = sandbox::compile_exec(process, {engine_->seccomp(definition())},
                                                         engine_->facts(), state.cgroups);
  const Fd process_one = open_process(life(), "run command in");
  if (!process_one) throw_error(Errc::not_running, "run command in", identity_.name);
  OpenStreams streams =
      open_streams({options.in, options.out, options.err, options.tty}, Capture::pipe);
  monitor::Request request;
  request.id = new_id();
  request.plan = &plan;
  request.stdio = streams.stdio;
  request.join_pidfd = process_one.get();
  Command out;
  out.engine = engine_;
  try {
    out.session = engine_->client()->launch(request);
  } catch (const Error&) {
    // Then whatever step has failed has failed for want of the container.
    if (!running_state()) throw_error(Errc::not_running, "run command in", identity_.name);
    throw;
  }
  out.ends = std::move(streams.host);
  out.terminal = std::move(out.session->terminal);
  out.memory_limit = definition().limits.memory;
  return out;
}

Completed Instance::exec(std::vector<std::string> args, const ExecOptions& options) {
  refuse_pipes(options.in, options.out, options.err, "spawn()");
  StopCheck stop(*engine_, "run command in", identity_.name, options.stop);
  stop.check();
  return spawn(std::move(args), options).complete(options.timeout, std::move(stop));
}

}  // namespace containerlib::runtime
