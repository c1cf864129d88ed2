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

/// What images of a layout are called whose names are tags only, as skopeo and umoci write them:
/// "dir" for "/tmp/dir/", "base" for "base.tar.gz". Empty when that is no name.
std::string repository_of(const std::string& path);
/// The names of a layout, each tag alone as one of `repository`, or left out with a line in the log
/// when that is empty.
std::vector<std::string> with_repository(std::vector<std::string> names,
                                         const std::string& repository, const store::Store&);
/// The name an index entry gives its image, as it is; empty when none.
std::string annotated_name(const std::map<std::string, std::string>& annotations);
/// Names of an archive that are names; the others are logged and left out.
std::vector<oci::Reference> valid_names(const std::vector<std::string>&, const store::Store&);

}  // namespace containerlib::archive
