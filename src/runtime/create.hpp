#pragma once
#include <containerlib/container.hpp>

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
/// What start() would do, as text. Changes nothing.
std::string plan(Engine&, const ImageHandle&, const ContainerOptions&);

/// By name, id or a unique prefix of the id.
std::unique_ptr<Instance> find(const std::shared_ptr<Engine>&, std::string_view name_or_id);
/// Newest first.
std::vector<std::unique_ptr<Instance>> list(const std::shared_ptr<Engine>&);

}  // namespace containerlib::runtime
