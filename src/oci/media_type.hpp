#pragma once
#include <optional>
#include <string_view>

namespace containerlib::oci {

/// media-types.md, and docker's image manifest version 2 schema 2.
namespace media_type {
inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view docker_index =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
}  // namespace media_type

enum class Compression { none, gzip, zstd };

inline bool is_index(std::string_view type) {
  return type == media_type::oci_index || type == media_type::docker_index;
}
inline bool is_manifest(std::string_view type) {
  return type == media_type::oci_manifest || type == media_type::docker_manifest;
}
inline bool is_config(std::string_view type) {
  return type == media_type::oci_config || type == media_type::docker_config;
}

/// How a layer of this type is compressed; nothing when it is no layer of a file system.
std::optional<Compression> layer_compression(std::string_view type);
/// The OCI type of a layer so compressed.
std::string_view layer_type(Compression);

}  // namespace containerlib::oci
