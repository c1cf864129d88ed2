#include "runtime/recovery.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "linux/cgroup.hpp"
#include "runtime/engine.hpp"

namespace containerlib::runtime {
namespace {

constexpr auto patience = std::chrono::seconds(5);

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
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
  for (const std::string& id : engine.states().ids()) try {
      if (auto abandoned = engine.states().take_abandoned(id))
        recover_one(engine, id, std::move(*abandoned));
    } catch (const Error& error) {
      engine.log(LogLevel::warning, std::string("clean up after container: ") + error.what());
    }
  forget_removed(engine);
}

}  // namespace containerlib::runtime
