#pragma once
#include <containerlib/container.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/image_handle.hpp"
#include "runtime/instance.hpp"

namespace containerlib::runtime {

/// Makes the record and the directory of a container that is not started. All or nothing.
std::unique_ptr<Instance> create(const std::shared_ptr<Engine>&, const ImageHandle&,
                                 const ContainerOptions&);
/// create() and start(); a container that does not start leaves nothing.
std::unique_ptr<Instance> start(const std::shared_ptr<Engine>&, const ImageHandle&,
                                const ContainerOptions&);
/// What differs between a container that starts and one that is restored. `launch` gets the
/// container's empty directory.
struct HowToStart {
  std::function<Prepared(const std::string& id, const Definition&, const ImageLayers&)> prepare;
  std::function<void(Instance&, Prepared, HeldState&, Claim life, const Fd& in_use)> launch;
};
/// A new container with a record, a name where it has none, and a process. All or nothing.
std::unique_ptr<Instance> start_new(const std::shared_ptr<Engine>&, const ImageHandle&, Identity,
                                    StreamOptions, const HowToStart&);
/// What start() would do, as text. Changes nothing.
std::string plan(Engine&, const ImageHandle&, const ContainerOptions&);

/// By name, id or a unique prefix of the id.
std::unique_ptr<Instance> find(const std::shared_ptr<Engine>&, std::string_view name_or_id);
/// Newest first.
std::vector<std::unique_ptr<Instance>> list(const std::shared_ptr<Engine>&);

}  // namespace containerlib::runtime
