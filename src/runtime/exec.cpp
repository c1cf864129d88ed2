#include <algorithm>

#include "base/error.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/instance.hpp"
#include "runtime/landlock.hpp"
#include "runtime/launch.hpp"
#include "runtime/spec_fragment.hpp"
#include "runtime/ulimits.hpp"
#include "sandbox/compile.hpp"

// A further process in a running container.
namespace containerlib::runtime {
namespace {

/// As the container's own process is, for this user.
oci::Process process_of(const Definition& definition, const sys::HostFacts& facts,
                        const sys::ResolvedUser& user) {
  oci::Process out;
  out.terminal = definition.tty;
  out.user = {user.uid, user.gid, user.additional_gids, {}};
  out.env = definition.env;
  if (!find_env(out.env, "HOME")) out.env.push_back("HOME=" + user.home);
  out.cwd = definition.cwd;
  out.capabilities = capabilities_of(bounding_capabilities(definition, facts), user.uid);
  out.rlimits = to_rlimits(definition.ulimits);
  out.no_new_privileges = !definition.new_privileges;
  out.oom_score_adj = oom_score(facts);
  out.landlock = to_oci(definition.landlock);
  return out;
}

/// What a fragment of the definition has for its process holds for this one, but for the options.
void apply_options(const ExecOptions& options, oci::Process& out) {
  out.terminal = options.tty;
  out.rows = options.terminal_size.rows;
  out.columns = options.terminal_size.columns;
  if (options.tty) merge_env(out.env, {{"TERM", "xterm"}});
  merge_env(out.env, options.env);
  if (!options.cwd.empty()) out.cwd = check_cwd(options.cwd);
}

}  // namespace

oci::RuntimeSpec Instance::exec_spec(std::vector<std::string> args,
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
    maps = rootless_maps(facts, definition.user_namespace);
  } else if (has_user_namespace(definition.user_namespace, facts)) {
    maps = range_maps(0, sys::lease_size);
  }

  oci::RuntimeSpec out;
  out.id = identity_.id;
  out.uid_mappings = std::move(maps.uids);
  out.gid_mappings = std::move(maps.gids);
  out.process = process_of(definition, facts, user);
  apply_fragment(definition.unsafe_oci_spec, out);
  if (!options.user.empty())
    out.process.user = {user.uid, user.gid, user.additional_gids, out.process.user.umask};
  check_mapped(out.process.user.uid, out.process.user.gid, {out.uid_mappings, out.gid_mappings});
  apply_options(options, out.process);
  out.process.args = std::move(args);
  return out;
}

Command Instance::spawn(std::vector<std::string> args, const ExecOptions& options) {
  const LiveState state = require_running("run command in");
  if (inspect().state == ContainerState::paused)
    throw_error(Errc::not_running, "run command in", identity_.name, "it is paused; resume it");
  const oci::RuntimeSpec spec = exec_spec(std::move(args), options);
  const oci::Seccomp filter = engine_->seccomp(definition(), spec, "running", life().record.pid);
  const sandbox::LaunchPlan plan =
      sandbox::compile_exec(spec.process, filter, engine_->facts(), state.cgroups);
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
