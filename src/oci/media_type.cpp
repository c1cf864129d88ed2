#include "oci/media_type.hpp"

#include <array>
#include <utility>

namespace containerlib::oci {

std::optional<Compression> layer_compression(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, Compression>, 11> types{{
      {"application/vnd.oci.image.layer.v1.tar", Compression::none},
      {"application/vnd.oci.image.layer.v1.tar+gzip", Compression::gzip},
      {"application/vnd.oci.image.layer.v1.tar+zstd", Compression::zstd},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar", Compression::none},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression::gzip},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Compression::zstd},
      {"application/vnd.docker.image.rootfs.diff.tar", Compression::none},
      {"application/vnd.docker.image.rootfs.diff.tar.gzip", Compression::gzip},
      {"application/vnd.docker.image.rootfs.diff.tar.zstd", Compression::zstd},
      {"application/vnd.docker.image.rootfs.foreign.diff.tar", Compression::none},
      {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Compression::gzip},
  }};
  for (const auto& [name, compression] : types)
    if (type == name) return compression;
  return std::nullopt;
}

std::string_view layer_type(Compression compression) {
  switch (compression) {
    case Compression::gzip: return "application/vnd.oci.image.layer.v1.tar+gzip";
    case Compression::zstd: return "application/vnd.oci.image.layer.v1.tar+zstd";
    case Compression::none: break;
  }
  return media_type::oci_layer;
}

}  // namespace containerlib::oci
