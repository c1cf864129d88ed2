#pragma once
#include <containerlib/options.hpp>

#include <memory>

#include "runtime/instance.hpp"

namespace containerlib::runtime {

/// A new container, running, of a checkpoint that Instance::checkpoint() has written. All or
/// nothing.
std::unique_ptr<Instance> restore(const std::shared_ptr<Engine>&, const std::filesystem::path& from,
                                  const RestoreOptions&);

}  // namespace containerlib::runtime
