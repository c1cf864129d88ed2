#include "api/impl.hpp"
#include "archive/archive.hpp"
#include "base/error.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

archive::SaveItem item_of(const runtime::ImageHandle& handle) {
  handle.engine()->check_process("save image");
  return {handle.record(), handle.engine()->store().tags(handle.record().digest)};
}

}  // namespace

Image::Image(std::shared_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}

const std::string& Image::id() const noexcept { return impl_->handle.record().id.text(); }
const std::string& Image::digest() const noexcept { return impl_->handle.record().digest.text(); }
const ImageConfig& Image::config() const noexcept { return impl_->handle.config(); }
const std::vector<std::string>& Image::layers() const noexcept {
  return impl_->handle.layer_names();
}
Bytes Image::size() const noexcept { return {impl_->handle.record().size}; }

std::vector<std::string> Image::tags() const {
  const runtime::ImageHandle& handle = impl_->handle;
  handle.engine()->check_process("list names of image");
  return handle.engine()->store().tags(handle.record().digest);
}

const std::vector<std::string>& Image::loaded_names() const noexcept { return impl_->loaded_names; }

const std::string& Image::config_json() const noexcept {
  return impl_->handle.record().config_json;
}
const std::string& Image::manifest_json() const noexcept {
  return impl_->handle.record().manifest_json;
}

void Image::save(const std::filesystem::path& to, ImageFormat format) const {
  try_save(to, format).value();
}

Result<void> Image::try_save(const std::filesystem::path& to, ImageFormat format) const {
  return catching([&] {
    archive::save(impl_->handle.engine()->store(), {item_of(impl_->handle)}, to, format);
  });
}

void Image::save(int fd, ImageFormat format) const { try_save(fd, format).value(); }

Result<void> Image::try_save(int fd, ImageFormat format) const {
  return catching([&] {
    archive::save(impl_->handle.engine()->store(), {item_of(impl_->handle)}, fd, format);
  });
}

CONTAINERLIB_END_NAMESPACE
