#include "runtime/shifted_layers.hpp"

#include "linux/copy_tree.hpp"
#include "runtime/engine.hpp"

namespace containerlib::runtime {
namespace {

/// An id of the image is one of the container, which is one of the monitor's.
std::vector<sys::ShiftedIds> shift_of(const std::vector<oci::IdMapping>& maps) {
  std::vector<sys::ShiftedIds> out;
  for (const oci::IdMapping& map : maps) out.push_back({map.container_id, map.host_id, map.size});
  return out;
}

}  // namespace

bool needs_copies(UserNamespace wish) {
  return wish == UserNamespace::keep_id || wish == UserNamespace::nomap;
}

std::vector<std::string> copied_layers(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < count; ++n) out.push_back(std::to_string(n));
  return out;
}

void copy_layers(const Engine& engine, const std::string& id,
                 const std::vector<std::string>& lowers, const IdMaps& ids) {
  std::vector<std::string> layers;
  for (const std::string& lower : lowers) layers.push_back(engine.root() + "/l/" + lower);
  // A monitor for this alone: it may take long, and the other one has containers to watch.
  monitor::Client(engine.facts())
      .shift_layers(engine.store().container_dir(id), layers, shift_of(ids.uids),
                    shift_of(ids.gids));
}

}  // namespace containerlib::runtime
