#include "runtime/engine.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/probe.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/directories.hpp"
#include "runtime/recovery.hpp"
#include "runtime/text_file.hpp"
#include "sandbox/seccomp/filter.hpp"

namespace containerlib::runtime {
namespace {

/// Those of the options come last, so they win.
std::vector<Seccomp::Rule> rules_of(const Definition& definition) {
  std::vector<Seccomp::Rule> rules;
  if (definition.nested_user_namespaces) rules = {{"clone"}, {"clone3"}, {"unshare"}};
  rules.insert(rules.end(), definition.seccomp.rules().begin(), definition.seccomp.rules().end());
  return rules;
}

}  // namespace

/// Rootless, only the monitor may give files to subordinate ids.
class Engine::Owners : public archive::OwnerFixer {
 public:
  explicit Owners(Engine& engine) : engine_(engine) {}

  void apply(int dir, const std::vector<archive::Owner>& owners) override {
    const IdMaps ids = rootless_maps(engine_.facts());
    std::size_t beyond = 0;
    std::vector<monitor::Client::Owner> out;
    for (const archive::Owner& owner : owners) {
      const bool possible = covers(ids.uids, owner.uid) && covers(ids.gids, owner.gid);
      beyond += !possible;
      out.push_back({owner.path, possible ? owner.uid : 0, possible ? owner.gid : 0,
                     owner.symlink ? 0 : owner.mode, owner.capability});
    }
    if (beyond > 0)
      engine_.log(LogLevel::warning,
                  std::to_string(beyond) +
                      " files belong to ids that this user has not; they are root's in the "
                      "container (see subuid(5))");
    engine_.client()->apply_owners(dir, out);
  }

 private:
  Engine& engine_;
};

Engine::Engine(RuntimeOptions options)
    : process_(::getpid()),
      on_log_(std::move(options.on_log)),
      on_wait_(std::move(options.on_wait)),
      facts_(sys::probe_host()),
      owners_(std::make_unique<Owners>(*this)) {
  const Directories directories = choose_directories(options, ::geteuid());
  run_root_ = directories.run_root;
  make_private_dir(run_root_);
  make_private_dir(run_root_ + "/containers");
  states_ = std::make_unique<StateDir>(run_root_ + "/containers");
  store::Options store;
  store.root = directories.root;
  store.log = [this](LogLevel level, std::string_view line) { log(level, line); };
  if (facts_.rootless)
    store.remove_tree = [this](const std::string& path) { client()->remove_tree(path); };
  store_ = std::make_unique<store::Store>(std::move(store));
  recover(*this);
}

Engine::~Engine() {
  // In a forked child the connections are the parent's: closing descriptors is all that may be
  // done, and SQLite would do more.
  if (!in_own_process()) (void)store_.release();
}

bool Engine::in_own_process() const noexcept { return ::getpid() == process_; }

void Engine::check_process(const char* operation) const {
  if (!in_own_process())
    throw_error(Errc::used_after_fork, operation, "", "open a Runtime of its own in the child");
}

archive::Host Engine::archive_host() noexcept {
  return {.owners = facts_.rootless ? owners_.get() : nullptr};
}

std::shared_ptr<monitor::Client> Engine::client() {
  const std::lock_guard lock(mutex_);
  if (!client_) client_ = std::make_shared<monitor::Client>(facts_);
  return client_;
}

oci::Seccomp Engine::seccomp(const Definition& definition, const oci::RuntimeSpec& spec,
                             const char* status, std::int32_t pid) {
  if (!spec.seccomp_profile) {
    if (!definition.seccomp.confined()) return {};
    return {seccomp_.program({bounding_capabilities(definition, facts_), rules_of(definition)})};
  }
  const oci::RuntimeState state = {.oci_version = "1.3.0",
                                   .id = spec.id,
                                   .status = status,
                                   .pid = pid,
                                   .bundle = root() + "/containers/" + spec.id,
                                   .annotations = spec.annotations};
  // A millisecond; and what a run leaves in the run directory is what runs.
  constexpr const char* no_cache = "";
  std::vector<std::string> unknown;
  oci::Seccomp out = sandbox::load_profile(*spec.seccomp_profile, no_cache, state, unknown);
  for (const std::string& name : unknown)
    log(LogLevel::warning, "linux.seccomp: no architecture has a system call " + name);
  return out;
}

void Engine::log(LogLevel level, std::string_view line) const noexcept {
  // Names out of archives and containers are in it.
  constexpr std::size_t longest = 1024;
  if (on_log_) try {
      on_log_(level, printable(line, longest));
    } catch (...) {  // it is called in destructors, too
    }
}

}  // namespace containerlib::runtime
