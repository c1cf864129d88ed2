#pragma once
#include <string>
#include <vector>

#include "store/staging.hpp"
#include "store/store.hpp"

namespace test {

/// A store in a directory, without the cost of syncs.
containerlib::store::Options options(const std::string& root,
                                     containerlib::store::Vfs* vfs = nullptr);

/// Commits an image whose layers are directories with one file that holds the layer's name. What is
/// said about layers is made up; the store does not look.
containerlib::store::ImageRecord add_image(containerlib::store::Store&, const std::string& config,
                                           const std::vector<std::string>& layers,
                                           const std::vector<std::string>& names);

/// A container record with this id (filled up to 64 digits), name and image.
containerlib::store::ContainerRecord container(const std::string& id, const std::string& name,
                                               const std::string& image_id);

}  // namespace test
