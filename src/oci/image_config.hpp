#pragma once
#include <containerlib/image.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.hpp"
#include "oci/platform.hpp"

namespace containerlib::oci {

/// An image's configuration document (config.md): what the public struct has, and the layers.
struct ConfigDocument {
  ImageConfig config;
  std::vector<Digest> diff_ids;  ///< lowest first
  std::string comment;           ///< of the one step of the history that is written, if not empty

  Platform platform() const {
    return Platform::normalised(config.os, config.architecture, config.variant);
  }
};

/// Throws image_corrupt; `what` names the document in messages.
ConfigDocument parse_image_config(std::string_view json, std::string_view what);

/// As JSON, always the same bytes for the same values.
std::string to_json(const ConfigDocument&);

}  // namespace containerlib::oci
