#pragma once
#include <string>

#include "archive/bundle.hpp"
#include "archive/loader.hpp"
#include "oci/image_config.hpp"
#include "oci/platform.hpp"

namespace containerlib::archive {

/// The platform to choose from an index.
struct WantedPlatform {
  oci::Platform platform;
  bool explicitly = false;  ///< asked for: nothing else will do
};

/// Adds the images of an OCI image layout (image-layout.md) that choose() chooses. `subject` names
/// the archive. Throws image_corrupt, image_not_found, unsupported.
void add_oci_layout(Bundle&, Loader&, const WantedPlatform&, const store::Store&,
                    const std::string& subject);

/// Adds the images of a `docker save` archive (its manifest.json). Their manifests are made here,
/// in the staging directory of bundle and loader, of the layers as the archive has them.
void add_docker_archive(Bundle&, Loader&, const WantedPlatform&, const store::Store&,
                        store::Staging&, const std::string& subject);

/// An image for another platform than wanted: image_not_found if that was asked for, else a
/// warning.
void check_platform(const WantedPlatform&, const oci::ConfigDocument&, const std::string& subject,
                    const store::Store&);
/// Throws image_corrupt unless there is a diffID for every layer, unsupported for too many.
void check_layer_count(const oci::ConfigDocument&, std::size_t layers, const std::string& subject);

}  // namespace containerlib::archive
