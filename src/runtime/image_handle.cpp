#include "runtime/image_handle.hpp"

#include <sys/stat.h>

#include "oci/image_config.hpp"
#include "runtime/engine.hpp"

namespace containerlib::runtime {

namespace {

std::string choose_name(const store::ImageRecord& image, std::string_view called) {
  const auto wanted = oci::Reference::parse(called);
  for (const std::string& tag : image.tags)
    if (wanted && tag == wanted->text()) return wanted->familiar();
  if (!image.tags.empty()) return oci::Reference::require(image.tags.front()).familiar();
  return std::string(image.id.hex().substr(0, 12));
}

}  // namespace

ImageLayers read_layers(const Engine& engine, std::vector<std::string> lowers,
                        const std::string& upper) {
  std::vector<sys::RootFd> roots;
  if (!upper.empty()) roots.push_back(sys::RootFd::open_host(upper));
  for (const std::string& lower : lowers)
    roots.push_back(sys::RootFd::open_host(engine.root() + "/l/" + lower));
  ImageLayers out;
  struct stat status;
  if (!roots.empty() && ::fstat(roots.front().get(), &status) == 0)
    out.root_mode = status.st_mode & 07777;
  out.users = sys::read_user_files(sys::LayeredRoot(std::move(roots)));
  out.lowers = std::move(lowers);
  return out;
}

ImageHandle::ImageHandle(std::shared_ptr<Engine> engine, store::ImageRecord record,
                         std::string_view called)
    : engine_(std::move(engine)),
      record_(std::move(record)),
      config_(oci::parse_image_config(record_.config_json, record_.id.text()).config),
      name_(choose_name(record_, called)) {
  for (const oci::Digest& layer : record_.layers) layer_names_.push_back(layer.text());
}

std::shared_ptr<const ImageLayers> ImageHandle::layers() const {
  {
    const std::lock_guard lock(mutex_);
    if (layers_) return layers_;
  }
  return layers(engine_->store().lowers(record_));
}

std::shared_ptr<const ImageLayers> ImageHandle::layers(
    const std::vector<std::string>& lowers) const {
  const std::lock_guard lock(mutex_);
  if (!layers_ || layers_->lowers != lowers)
    layers_ = std::make_shared<const ImageLayers>(read_layers(*engine_, lowers));
  return layers_;
}

}  // namespace containerlib::runtime
