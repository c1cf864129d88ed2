#include "cli/platform.hpp"

#include <fmt/format.h>

#include "cli/describe.hpp"

namespace containerlib::cli {
namespace {

struct Platform {
  std::string os, architecture, variant;
};

// As uname(1) has it, and as the image spec has it.
std::string familiar_architecture(const std::string& name) {
  if (name == "x86_64" || name == "x86-64") return "amd64";
  if (name == "aarch64") return "arm64";
  return name;
}

Platform parse(const std::string& text) {
  const std::size_t first = text.find('/');
  if (first == std::string::npos) {
    if (text == "linux") return {text, "", ""};
    return {"", familiar_architecture(text), ""};
  }
  const std::size_t second = text.find('/', first + 1);
  return {text.substr(0, first), familiar_architecture(text.substr(first + 1, second - first - 1)),
          second == std::string::npos ? "" : text.substr(second + 1)};
}

// What one of them leaves open is no difference.
bool same(const std::string& wanted, const std::string& real) {
  return wanted.empty() || real.empty() || wanted == real;
}

}  // namespace

bool is_platform(const ImageConfig& config, const std::string& wanted) {
  const Platform platform = parse(wanted);
  return same(platform.os, config.os) && same(platform.architecture, config.architecture) &&
         same(platform.variant, config.variant);
}

void check_platform(const Image& image, const std::string& wanted) {
  const ImageConfig& config = image.config();
  if (wanted.empty() || is_platform(config, wanted)) return;
  throw Error(Errc::image_not_found, "use image", short_id(image.id()),
              fmt::format("it is for {}/{}, not {}", config.os, config.architecture, wanted));
}

}  // namespace containerlib::cli
