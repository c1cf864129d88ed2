#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.hpp"
#include "oci/platform.hpp"

// Image manifests and indexes (manifest.md, image-index.md), OCI's and docker's schema 2.
namespace containerlib::oci {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform = {};
  std::map<std::string, std::string> annotations = {};
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  ///< lowest first
};

struct ImageIndex {
  std::string media_type;
  std::vector<Descriptor> manifests;
};

/// Parses a document that `media_type` (from its descriptor) promises to be an image manifest.
/// Refuses with image_corrupt what is both manifest and index, names another type inside, or spells
/// a key in another case (SEC-70). `what` names it in messages.
Manifest parse_manifest(std::string_view json, std::string_view media_type, std::string_view what);
/// The same of an index. `media_type` may be empty: the index.json of a layout.
ImageIndex parse_index(std::string_view json, std::string_view media_type, std::string_view what);

/// As JSON, always the same bytes for the same values.
std::string to_json(const Manifest&);
std::string to_json(const ImageIndex&);

}  // namespace containerlib::oci
