#pragma once
#include <string>
#include <vector>

#include "runtime/container_spec.hpp"

// Rootless, image files lie on the disk with the ids that the monitor's user namespace has. A
// container that maps others (keep_id, nomap) has copies of the layers with its own owners, in its
// directory: only root can shift ids by a mount.
namespace containerlib::runtime {

class Engine;

bool needs_copies(UserNamespace);
/// What the layers are called then, below the container's directory.
std::vector<std::string> copied_layers(std::size_t count);
/// Makes them, unless they are there, and gives upper and work to the container's root.
void copy_layers(const Engine&, const std::string& id, const std::vector<std::string>& lowers,
                 const IdMaps&);

}  // namespace containerlib::runtime
