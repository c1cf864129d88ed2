#pragma once
#include <string>
#include <string_view>

#include "runtime/definition.hpp"

namespace containerlib::runtime {

/// What the store keeps of a container besides its id, name and image.
struct StoredContainer {
  std::string image;  ///< as it was named at the start
  Definition definition;
};

std::string to_json(const StoredContainer&);
/// Fields that are missing keep their defaults, unknown ones are ignored, so that other versions'
/// records are read. Throws an Error (std::errc::bad_message) that names `id` for anything else.
StoredContainer from_json(std::string_view json, const std::string& id);

}  // namespace containerlib::runtime
