#include "runtime/launch.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/engine.hpp"
#include "runtime/life_file.hpp"
#include "runtime/recovery.hpp"
#include "runtime/shifted_layers.hpp"
#include "sandbox/compile.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"

namespace containerlib::runtime {

bool needs_range(const Definition& definition, const sys::HostFacts& facts) {
  return !facts.rootless && has_user_namespace(definition.user_namespace, facts);
}

oci::RuntimeSpec container_spec(Engine& engine, const std::string& id, const Definition& definition,
                                const ImageLayers& layers, IdMaps ids) {
  SpecInput input;
  input.id = id;
  input.definition = &definition;
  input.user = sys::resolve_user(definition.user, layers.users, definition.groups);
  input.ids = std::move(ids);
  oci::RuntimeSpec spec = build_spec(input, engine.facts());
  spec.seccomp = engine.seccomp(definition, spec, "creating", 0);
  return spec;
}

namespace {

sandbox::OverlayRoot root_of(const Engine& engine, const std::string& id,
                             const Definition& definition, const ImageLayers& layers) {
  const std::string directory = "containers/" + id;
  if (needs_copies(definition.user_namespace))
    return {engine.root() + "/" + directory, copied_layers(layers.lowers.size()), ".",
            definition.auto_remove};
  return {engine.root(), layers.lowers, directory, definition.auto_remove};
}

}  // namespace

Prepared compile(Engine& engine, const Definition& definition, const ImageLayers& layers,
                 const oci::RuntimeSpec& spec) {
  Prepared out;
  out.plan = sandbox::compile(spec, root_of(engine, spec.id, definition, layers), engine.facts());
  out.cgroups = sandbox::cgroup_dirs(spec, engine.facts());
  return out;
}

namespace {

Prepared compile(Engine& engine, const std::string& id, const Definition& definition,
                 const ImageLayers& layers, IdMaps ids) {
  Prepared out =
      compile(engine, definition, layers, container_spec(engine, id, definition, layers, ids));
  if (needs_copies(definition.user_namespace)) {
    out.to_copy = layers.lowers;
    out.maps = std::move(ids);
  }
  return out;
}

/// With the first range of ids that a lease could give, and a name that only shows its place.
sandbox::LaunchPlan shown_plan(Engine& engine, const Definition& definition,
                               const ImageLayers& layers) {
  IdMaps maps;
  if (needs_range(definition, engine.facts())) {
    const std::vector<sys::IdRange> pool = sys::id_pool();
    maps = range_maps(pool.empty() ? 0 : pool.front().first, sys::lease_size);
  } else if (engine.facts().rootless) {
    maps = rootless_maps(engine.facts(), definition.user_namespace);
  }
  return compile(engine, "ID", definition, layers, std::move(maps)).plan;
}

/// What a monitor that died over it had made is undone here, with the claim that we still have.
std::unique_ptr<monitor::Session> start_process(Engine& engine, const monitor::Request& request,
                                                const sys::CgroupDirs& cgroups) try {
  return engine.client()->launch(request);
} catch (const Error& error) {
  if (error.code() == Errc::monitor_lost) remove_cgroups(cgroups);
  throw;
}

void make_dir(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return;
    throw_errno(errno, "make directory", path);
  }
  // mkdir(2) takes the host's umask off, and that is not ours to change.
  if (::chmod(path.c_str(), mode) != 0) throw_errno(errno, "set mode of", path);
}

}  // namespace

Prepared prepare(Engine& engine, const std::string& id, const Definition& definition,
                 const ImageLayers& layers) {
  IdRange ids;
  IdMaps maps;
  if (needs_range(definition, engine.facts())) {
    ids = engine.id_ranges().take();
    maps = range_maps(ids.first(), ids.count());
  } else if (engine.facts().rootless) {
    maps = rootless_maps(engine.facts(), definition.user_namespace);
  }
  Prepared out = compile(engine, id, definition, layers, std::move(maps));
  out.ids = std::move(ids);
  return out;
}

void check(Engine& engine, const Definition& definition, const ImageLayers& layers) {
  shown_plan(engine, definition, layers);
}

std::string print_plan(Engine& engine, const Definition& definition, const ImageLayers& layers) {
  return sandbox::print(shown_plan(engine, definition, layers));
}

HeldState hold_state(Engine& engine, const std::string& id, const LiveState& state, Errc when_held,
                     const char* operation) {
  if (auto held = engine.states().create(id, state)) return std::move(*held);
  if (auto abandoned = engine.states().take_abandoned(id)) {
    recover_one(engine, id, std::move(*abandoned));
    if (auto held = engine.states().create(id, state)) return std::move(*held);
  }
  throw_error(when_held, operation, state.name.empty() ? id.substr(0, 12) : state.name);
}

Fd make_directories(Engine& engine, const std::string& id, mode_t root_mode) {
  Fd in_use = engine.store().make_container_dir(id);
  const std::string dir = engine.store().container_dir(id);
  make_dir(dir + "/upper", root_mode);
  make_dir(dir + "/work", 0700);
  return in_use;
}

std::unique_ptr<monitor::Session> launch(Engine& engine, const Prepared& prepared, HeldState& state,
                                         const Start& start) {
  const std::string dir = engine.store().container_dir(start.id);
  if (!prepared.to_copy.empty()) copy_layers(engine, start.id, prepared.to_copy, prepared.maps);
  monitor::Request request;
  request.id = start.id;
  request.plan = &prepared.plan;
  request.stdio = start.streams->stdio;
  request.monitor_keeps_terminal = start.keeps_terminal;
  request.detached = start.detached;
  request.log_file = start.log_file;
  if (start.life) request.life_file = life_path(dir);
  request.state_file = engine.states().path_of(start.id);
  if (start.remove_after) request.remove_after = {dir};
  if (start.remove_on_host_death) request.remove_on_host_death = {dir};
  request.hold = start.hold;
  request.criu_socket = start.criu_socket;
  if (prepared.ids) request.hold.push_back(prepared.ids.lock());
  state.admit_monitor();
  if (start.life) start.life->admit_monitor();
  auto session = start_process(engine, request, prepared.cgroups);
  state.let_go();
  return session;
}

}  // namespace containerlib::runtime
