#pragma once
#include <map>
#include <string>
#include <vector>

#include "oci/reference.hpp"
#include "store/store.hpp"

namespace containerlib::archive {

inline constexpr const char* ref_name_annotation = "org.opencontainers.image.ref.name";
/// Docker and containerd put the whole name here and the tag alone into the other.
inline constexpr const char* image_name_annotation = "io.containerd.image.name";

/// The name an index entry gives its image, as it is; empty when none.
std::string annotated_name(const std::map<std::string, std::string>& annotations);
/// Names of an archive that are names; the others are logged and left out.
std::vector<oci::Reference> valid_names(const std::vector<std::string>&, const store::Store&);

}  // namespace containerlib::archive
