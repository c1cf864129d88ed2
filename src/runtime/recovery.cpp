#include "runtime/recovery.hpp"

#include <fcntl.h>

#include <optional>
#include <set>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "runtime/definition_json.hpp"
#include "runtime/engine.hpp"
#include "runtime/life_file.hpp"
#include "runtime/state_file.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

constexpr auto patience = std::chrono::seconds(5);

/// A container that nobody makes, runs or removes, nor will while this lives.
struct Unused {
  HeldState state;
  Fd directory;
};

std::optional<Unused> take_unused(const Engine& engine, const std::string& id) {
  auto state = engine.states().create(id, {});
  if (!state) return {};
  Fd directory = engine.store().take_container_dir(id);
  if (!directory) return {};
  return Unused{std::move(*state), std::move(directory)};
}

/// Of a container that has a directory and no state file: one that has ended was to remove itself.
void remove_ended(Engine& engine, const store::ContainerRecord& record) {
  if (!from_json(record.json, record.id).definition.auto_remove) return;
  const Fd life = open_life(engine.store().container_dir(record.id), O_RDONLY);
  if (!life || life_now(life.get()).record.state != monitor::LifeRecord::State::ended) return;
  const auto unused = take_unused(engine, record.id);
  if (!unused) return;
  engine.store().remove_container_dir(record.id);
  engine.store().remove_container(record.id);
}

/// Of a directory that has neither record nor state file: a run() had it, or a create() that did
/// not come to its end.
void remove_lost(Engine& engine, const std::string& id) {
  const auto unused = take_unused(engine, id);
  if (unused && !engine.store().find_container(id)) engine.store().remove_container_dir(id);
}

template <class Work>
void or_log(const Engine& engine, Work work) {
  try {
    work();
  } catch (const Error& error) {
    engine.log(LogLevel::warning, std::string("clean up after container: ") + error.what());
  }
}

}  // namespace

void recover_one(Engine& engine, const std::string& id, StateDir::Abandoned abandoned) {
  const LiveState& state = abandoned.state;
  remove_cgroups(state.cgroups);
  if (!state.tree.empty()) {
    engine.store().remove_container_dir(id);
    engine.store().remove_container(id);
  }
  engine.states().remove(id);
}

void remove_cgroups(const sys::CgroupDirs& cgroups) {
  sys::kill_cgroup(cgroups, patience);
  sys::remove_cgroup(cgroups, patience);
  sys::remove_empty_bases(cgroups);
}

void forget_removed(Engine& engine) {
  for (const store::ContainerRecord& record : engine.store().containers())
    if (!exists(engine.store().container_dir(record.id)))
      engine.store().remove_container(record.id);
}

void recover(Engine& engine) {
  const std::vector<std::string> with_state = engine.states().ids();
  for (const std::string& id : with_state)
    or_log(engine, [&] {
      if (auto abandoned = engine.states().take_abandoned(id))
        recover_one(engine, id, std::move(*abandoned));
    });
  // In this order: a directory is made before its record.
  const std::vector<store::ContainerRecord> records = engine.store().containers();
  std::set<std::string> directories = engine.store().container_dirs();
  const std::set<std::string> all = directories;
  for (const std::string& id : with_state) directories.erase(id);
  for (const store::ContainerRecord& record : records)
    or_log(engine, [&] {
      if (!all.contains(record.id)) return engine.store().remove_container(record.id);
      if (directories.erase(record.id) == 1) remove_ended(engine, record);
    });
  for (const std::string& id : directories) or_log(engine, [&] { remove_lost(engine, id); });
}

}  // namespace containerlib::runtime
