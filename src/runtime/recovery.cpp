#include "runtime/recovery.hpp"

#include <fmt/format.h>

#include <csignal>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "runtime/engine.hpp"
#include "runtime/exit_file.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

constexpr auto patience = std::chrono::seconds(5);

/// A container whose monitor was killed has no exit record: its processes got SIGKILL.
void write_missing_exit(const Engine& engine, const std::string& id) {
  const std::string dir = engine.store().container_dir(id);
  if (!exists(dir) || exists(dir + "/exit")) return;
  write_file(dir + "/exit", fmt::format("signaled {} 0 {}\n", SIGKILL, now_ns()));
}

}  // namespace

void recover_one(Engine& engine, const std::string& id, StateDir::Abandoned abandoned) {
  const LiveState& state = abandoned.state;
  sys::kill_cgroup(state.cgroups, patience);
  sys::remove_cgroup(state.cgroups, patience);
  if (!state.tree.empty()) {
    engine.store().remove_container_dir(id);
    engine.store().remove_container(id);
  } else if (state.kind != LiveState::Kind::held) {
    write_missing_exit(engine, id);
  }
  engine.states().remove(id);
}

void forget_removed(Engine& engine) {
  for (const store::ContainerRecord& record : engine.store().containers())
    if (!exists(engine.store().container_dir(record.id)))
      engine.store().remove_container(record.id);
}

void recover(Engine& engine) {
  for (const std::string& id : engine.states().ids()) try {
      if (auto abandoned = engine.states().take_abandoned(id))
        recover_one(engine, id, std::move(*abandoned));
    } catch (const Error& error) {
      engine.log(LogLevel::warning, std::string("clean up after container: ") + error.what());
    }
  forget_removed(engine);
}

}  // namespace containerlib::runtime
