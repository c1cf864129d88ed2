#pragma once
#include <functional>
#include <string>
#include <vector>

#include "archive/formats.hpp"
#include "oci/manifest.hpp"

namespace containerlib::archive {

/// A manifest that was chosen, and the names it has in the archive.
struct Chosen {
  oci::Descriptor manifest;
  std::vector<std::string> names;
};

/// Reads an index that another one lists.
using ReadIndex = std::function<oci::ImageIndex(const oci::Descriptor&)>;

/// Chooses from the index of a layout: from each nested index the best for the platform; of the
/// manifests of one name the best, where one that tells no platform is better than none and a later
/// one better than an earlier; of those without a name every one that is best or tells no
/// platform. A single image is taken whatever it is for, unless a platform was asked for.
/// An index is read once, however often it is listed, and what all of them list is bounded. Throws
/// image_corrupt; image_not_found, which says what there is; `subject` names the archive.
std::vector<Chosen> choose(const oci::ImageIndex&, const WantedPlatform&, const ReadIndex&,
                           const std::string& subject);

}  // namespace containerlib::archive
