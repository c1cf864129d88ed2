#include "api/impl.hpp"
#include "archive/archive.hpp"
#include "base/error.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

Image to_image(const std::shared_ptr<runtime::Engine>& engine, store::ImageRecord record,
               std::string_view called = {}) {
  return Image(std::make_shared<const Image::Impl>(engine, std::move(record), called));
}

/// From a path or a descriptor.
template <class From>
Result<std::vector<Image>> load_from(const std::shared_ptr<Runtime::Impl>& impl, const From& from,
                                     const LoadOptions& options) {
  return catching([&] {
    auto engine = use(impl, "load image");
    std::vector<Image> out;
    for (archive::LoadedImage& loaded :
         archive::load(engine->store(), from, options, engine->archive_host()))
      out.push_back(Image(std::make_shared<const Image::Impl>(
          engine, std::move(loaded.image), std::string_view(), std::move(loaded.names))));
    return out;
  });
}

template <class From>
Result<Image> import_from(const std::shared_ptr<Runtime::Impl>& impl, const From& from,
                          const ImportOptions& options) {
  return catching([&] {
    auto engine = use(impl, "import image");
    return to_image(engine,
                    archive::import(engine->store(), from, options, engine->archive_host()));
  });
}

/// What an image asked for by this text is called in an archive: by its name, not by its id.
std::vector<std::string> names_for(const store::ImageRecord& image, const std::string& text) {
  const auto reference = oci::Reference::parse(text);
  for (const std::string& tag : image.tags)
    if (reference && tag == reference->text()) return {tag};
  return {};
}

/// To a path or a descriptor.
template <class To>
Result<void> save_to(const std::shared_ptr<Runtime::Impl>& impl,
                     const std::vector<std::string>& references, const To& to, ImageFormat format) {
  return catching([&] {
    auto engine = use(impl, "save images");
    std::vector<archive::SaveItem> items;
    for (const std::string& reference : references) {
      store::ImageRecord image = engine->store().image(reference);
      std::vector<std::string> names = names_for(image, reference);
      items.push_back({std::move(image), std::move(names)});
    }
    archive::save(engine->store(), items, to, format);
  });
}

}  // namespace

std::vector<Image> Runtime::load_all(const std::filesystem::path& from,
                                     const LoadOptions& options) {
  return try_load_all(from, options).value();
}
Result<std::vector<Image>> Runtime::try_load_all(const std::filesystem::path& from,
                                                 const LoadOptions& options) {
  return load_from(impl_, from, options);
}
Result<std::vector<Image>> Runtime::try_load_all(int fd, const LoadOptions& options) {
  return load_from(impl_, fd, options);
}

Image Runtime::load(const std::filesystem::path& from, const LoadOptions& options) {
  return try_load(from, options).value();
}
Result<Image> Runtime::try_load(const std::filesystem::path& from, const LoadOptions& options) {
  return catching([&] { return load_all(from, options).front(); });
}

Image Runtime::import(const std::filesystem::path& rootfs, const ImportOptions& options) {
  return try_import(rootfs, options).value();
}
Result<Image> Runtime::try_import(const std::filesystem::path& rootfs,
                                  const ImportOptions& options) {
  return import_from(impl_, rootfs, options);
}
Result<Image> Runtime::try_import(int fd, const ImportOptions& options) {
  return import_from(impl_, fd, options);
}

Image Runtime::image(std::string_view reference) const { return try_image(reference).value(); }
Result<Image> Runtime::try_image(std::string_view reference) const {
  return catching([&] {
    auto engine = use(impl_, "find image");
    return to_image(engine, engine->store().image(reference), reference);
  });
}

std::vector<Image> Runtime::images() const {
  auto engine = use(impl_, "list images");
  std::vector<Image> out;
  for (store::ImageRecord& record : engine->store().images())
    out.push_back(to_image(engine, std::move(record)));
  return out;
}

void Runtime::tag(const Image& image, std::string_view name) { try_tag(image, name).value(); }
Result<void> Runtime::try_tag(const Image& image, std::string_view name) {
  return catching([&] {
    auto engine = use(impl_, "tag image");
    engine->store().tag(image.impl()->handle.record().digest, oci::Reference::require(name));
  });
}

std::vector<std::string> Runtime::remove_image(std::string_view reference, bool force) {
  return try_remove_image(reference, force).value();
}
Result<std::vector<std::string>> Runtime::try_remove_image(std::string_view reference, bool force) {
  return catching(
      [&] { return use(impl_, "remove image")->store().remove_image(reference, force); });
}

Result<void> Runtime::try_save(const std::vector<std::string>& references,
                               const std::filesystem::path& to, ImageFormat format) const {
  return save_to(impl_, references, to, format);
}
Result<void> Runtime::try_save(const std::vector<std::string>& references, int fd,
                               ImageFormat format) const {
  return save_to(impl_, references, fd, format);
}

CONTAINERLIB_END_NAMESPACE
