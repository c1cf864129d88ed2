#pragma once
#include <containerlib/container.hpp>

#include "runtime/image_handle.hpp"

namespace containerlib::runtime {

/// Runtime::run(): starts, collects, removes. Writes nothing durable and asks the index nothing but
/// whether the image still exists.
Completed run(Engine&, const ImageHandle&, const ContainerOptions&);

}  // namespace containerlib::runtime
