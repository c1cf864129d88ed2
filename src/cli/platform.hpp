#pragma once
#include <containerlib/image.hpp>
#include <string>

namespace containerlib::cli {

/// `--platform OS/ARCH[/VARIANT]`, or one of the first two: throws image_not_found when the image
/// is for another. An empty `wanted` is any.
void check_platform(const Image&, const std::string& wanted);

/// Whether `wanted` names the platform of this configuration.
bool is_platform(const ImageConfig&, const std::string& wanted);

}  // namespace containerlib::cli
